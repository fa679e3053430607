use super::*;
use crate::testing::{claimed, ended, joined, new, on_both};
use crate::{CancelRequest, StepRef, Transition};

fn limited(concurrency: i64) -> NewExecution {
    NewExecution { concurrency, ..new(Uuid::now_v7()) }
}

async fn enqueue(store: &Store, execution: NewExecution, when_full: WhenFull) -> (Uuid, Enqueued) {
    let id = execution.id;
    (id, store.enqueue(execution, when_full, Vec::new()).await.unwrap())
}

async fn state(store: &Store, id: Uuid) -> State {
    store.execution(id).await.unwrap().unwrap().state
}

on_both! {
    async fn a_job_that_is_busy_lets_the_next_one_wait_or_skips_it(store) {
        let member = joined(store).await;
        let (one, done) = enqueue(store, limited(2), WhenFull::Skip).await;
        assert_eq!(done, Enqueued::Queued);
        let (two, done) = enqueue(store, limited(2), WhenFull::Skip).await;
        assert_eq!(done, Enqueued::Queued);
        store.commit(vec![claimed(one, member)]).await.unwrap();
        let (three, done) = enqueue(store, limited(2), WhenFull::Skip).await;
        assert_eq!(done, Enqueued::Skipped { because_of: vec![one, two] });
        let row = store.execution(three).await.unwrap().unwrap();
        assert_eq!((row.state, row.code.as_deref()), (State::Skipped, Some("execution.skipped")));
        let reason = row.reason.unwrap();
        assert_eq!(reason, format!("only 2 may run at once, and there are: execution `{one}`, `{two}`"));
        assert_eq!((row.started_at, row.ended_at), (None, Some(1_000)));
        assert_eq!(enqueue(store, limited(2), WhenFull::Queue).await.1, Enqueued::Queued);
        assert_eq!(enqueue(store, limited(0), WhenFull::Skip).await.1, Enqueued::Queued);
        let other = NewExecution { job_key: "web/name:other".to_owned(), ..limited(1) };
        assert_eq!(enqueue(store, other, WhenFull::Skip).await.1, Enqueued::Queued);
    }

    async fn a_new_one_takes_the_place_of_the_others(store) {
        let member = joined(store).await;
        let (runs, _) = enqueue(store, limited(1), WhenFull::Replace).await;
        store.commit(vec![claimed(runs, member)]).await.unwrap();
        let (waits, done) = enqueue(store, limited(1), WhenFull::Replace).await;
        assert_eq!(done, Enqueued::Replacing(vec![runs]));
        let (new, done) = enqueue(store, limited(1), WhenFull::Replace).await;
        assert_eq!(done, Enqueued::Replacing(vec![runs, waits]));
        let row = store.execution(waits).await.unwrap().unwrap();
        assert_eq!((row.state, row.code.as_deref()), (State::Cancelled, Some("execution.replaced")));
        assert_eq!(row.reason, Some(format!("execution `{new}` took its place")));
        assert_eq!(store.cancel_requests(member).await.unwrap(), [runs]);
        assert_eq!(store.execution(runs).await.unwrap().unwrap().cancel_at, Some(1_000), "the first wish counts");
        assert_eq!(state(store, new).await, State::Queued);
        store.commit(vec![ended(runs, State::Cancelled), claimed(new, member)]).await.unwrap();
        assert!(store.cancel_requests(member).await.unwrap().is_empty());
    }

    async fn an_id_is_used_once(store) {
        let execution = limited(0);
        enqueue(store, execution.clone(), WhenFull::Queue).await;
        let error = store.enqueue(execution, WhenFull::Queue, Vec::new()).await.unwrap_err();
        assert!(error.to_string().ends_with("it is recorded already"), "{error}");
    }

    async fn many_at_once_never_exceed_the_limit(store) {
        let tasks: Vec<_> = (0..24).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { enqueue(&store, limited(3), WhenFull::Skip).await.1 })
        }).collect();
        let mut queued = 0;
        for task in tasks {
            queued += u8::from(task.await.unwrap() == Enqueued::Queued);
        }
        assert_eq!(queued, 3);
    }

    async fn many_members_at_once_never_exceed_the_limit(store) {
        let member = joined(store).await;
        let mut ids = Vec::new();
        for _ in 0..12 {
            ids.push(enqueue(store, limited(3), WhenFull::Queue).await.0);
        }
        let claims: Vec<_> = ids.iter().map(|id| {
            let (store, claim) = (store.clone(), claimed(*id, member));
            tokio::spawn(async move { store.commit(vec![claim]).await })
        }).collect();
        let mut won = 0;
        for claim in claims {
            match claim.await.unwrap() {
                Ok(()) => won += 1,
                Err(StoreError::NotClaimed { because: crate::NotClaimed::Limit, .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(won, 3);
        // One that is made and claimed at once counts as well.
        let execution = limited(3);
        let claim = claimed(execution.id, member);
        let at_once = vec![Transition::Queued { execution, secrets: Vec::new() }, claim];
        assert!(matches!(store.commit(at_once).await, Err(StoreError::NotClaimed { .. })));
    }

    async fn what_waits_is_cancelled_at_once_and_what_runs_is_asked(store) {
        let member = joined(store).await;
        assert_eq!(store.request_cancel(Uuid::now_v7(), 5).await.unwrap(), CancelRequest::Unknown);
        let (waits, _) = enqueue(store, limited(0), WhenFull::Queue).await;
        assert_eq!(store.request_cancel(waits, 5).await.unwrap(), CancelRequest::Ended);
        assert_eq!(store.request_cancel(waits, 6).await.unwrap(), CancelRequest::AlreadyEnded(State::Cancelled));
        let row = store.execution(waits).await.unwrap().unwrap();
        assert_eq!((row.code.as_deref(), row.ended_at), (Some("execution.cancelled"), Some(5)));
        let step = StepRef { execution: waits, position: 0 };
        let (runs, _) = enqueue(store, NewExecution { parent: Some(step), ..limited(0) }, WhenFull::Queue).await;
        store.commit(vec![claimed(runs, member)]).await.unwrap();
        for at in [7, 8] {
            let asked = store.request_cancel(runs, at).await.unwrap();
            assert_eq!(asked, CancelRequest::Requested { member: Some(member) });
        }
        assert_eq!(store.execution(runs).await.unwrap().unwrap().cancel_at, Some(7));
        assert_eq!(store.cancel_requests(member).await.unwrap(), [runs]);
        assert!(store.cancel_requests(Uuid::now_v7()).await.unwrap().is_empty());
    }
}
