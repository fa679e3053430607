use std::pin::pin;

use tokio::task::JoinSet;
use uuid::Uuid;

use crate::db::sql;
use crate::testing::{claimed, ended, joined, log, new, on_both, running, step_ended};
use crate::{Hold, NewExecution, NotClaimed, Proviso, State, Store, StoreError, Transition};

/// Records each at the same time as all others, and says what became of each.
async fn at_once(store: &Store, all: Vec<(Option<Proviso>, Vec<Transition>)>) -> Vec<Result<(), StoreError>> {
    let mut recording = JoinSet::new();
    for (number, (proviso, transitions)) in all.into_iter().enumerate() {
        let store = store.clone();
        recording.spawn(async move {
            let recorded = match proviso {
                Some(proviso) => store.commit_if(proviso, transitions).await,
                None => store.commit(transitions).await,
            };
            (number, recorded)
        });
    }
    let mut outcomes = recording.join_all().await;
    outcomes.sort_by_key(|(number, _)| *number);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

async fn all_running(store: &Store) -> Vec<Uuid> {
    let mut all = Vec::new();
    for _ in 0..20 {
        all.push(running(store).await);
    }
    all
}

async fn lines(store: &Store, executions: &[Uuid]) -> usize {
    let mut lines = 0;
    for execution in executions {
        lines += store.log(*execution).await.unwrap().len();
    }
    lines
}

on_both! {
    async fn what_many_record_at_once_is_recorded_together(store) {
        let executions = all_running(store).await;
        let before = store.commits();
        let all = executions.iter().map(|id| (None, vec![log(*id, 0, 0, b"x")])).collect();
        for outcome in at_once(store, all).await {
            outcome.unwrap();
        }
        assert_eq!(lines(store, &executions).await, 20);
        assert!(store.commits() - before < 20, "{} transactions", store.commits() - before);
    }

    async fn what_is_refused_spoils_nothing_of_others(store) {
        let executions = all_running(store).await;
        let other = joined(store).await;
        let all = executions.iter().enumerate().map(|(number, id)| match number {
            3 => (None, vec![log(*id, 0, 0, b"x"), log(*id, 9, 0, b"there is no such step")]),
            7 => (Some(Proviso::Held(Hold { execution: *id, member: other, fence: 1 })), vec![log(*id, 0, 0, b"x")]),
            11 => (None, vec![log(*id, 0, 0, b"x"), ended(*id, State::Queued)]),
            _ => (None, vec![log(*id, 0, 0, b"x")]),
        });
        let outcomes = at_once(store, all.collect()).await;
        let refused: Vec<usize> = (0..20).filter(|number| outcomes[*number].is_err()).collect();
        assert_eq!(refused, [3, 7, 11]);
        assert!(matches!(outcomes[3], Err(StoreError::StaleTransition { .. })), "{:?}", outcomes[3]);
        assert!(matches!(outcomes[7], Err(StoreError::Lost { execution }) if execution == executions[7]));
        assert_eq!(lines(store, &executions).await, 17);
    }

    async fn no_more_are_claimed_at_once_than_a_limit_allows(store) {
        let member = joined(store).await;
        let executions: Vec<Uuid> = (0..20).map(|_| Uuid::now_v7()).collect();
        let queued = |id: &Uuid| Transition::Queued {
            execution: NewExecution { concurrency: 5, ..new(*id) },
            secrets: Vec::new(),
        };
        store.commit(executions.iter().map(queued).collect()).await.unwrap();
        let all = executions.iter().map(|id| (None, vec![claimed(*id, member)])).collect();
        let outcomes = at_once(store, all).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
        for outcome in outcomes.iter().filter(|outcome| outcome.is_err()) {
            assert!(matches!(outcome, Err(StoreError::NotClaimed { because: NotClaimed::Limit, .. })), "{outcome:?}");
        }
        assert_eq!(store.running_of(Some(member)).await.unwrap().len(), 5);
    }

    async fn what_nobody_waits_for_any_more_is_recorded_whole(store) {
        let executions = all_running(store).await;
        let mut recording: JoinSet<_> = executions
            .iter()
            .map(|id| {
                let (store, transitions) = (store.clone(), vec![log(*id, 0, 0, b"x"), log(*id, 0, 1, b"y")]);
                async move { store.commit(transitions).await }
            })
            .collect();
        recording.join_next().await.unwrap().unwrap().unwrap();
        recording.shutdown().await;
        for execution in &executions {
            let pieces = store.log(*execution).await.unwrap().len();
            assert!(pieces == 0 || pieces == 2, "{pieces}");
        }
    }
}

/// As one on a connection that was cut off would be.
#[tokio::test]
async fn a_transaction_that_hangs_does_not_keep_the_next_waiting() {
    let ground = crate::testing::Ground::postgres();
    let (store, other) = (ground.open().await, ground.open().await);
    let (hanging, next) = (running(&store).await, running(&store).await);
    let (locked, is_locked) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let holding = other.db().change(move |db| {
        Box::pin(async move {
            db.execute(sql("UPDATE execution SET job = job WHERE id = $1").bind(hanging)).await?;
            locked.send(()).unwrap();
            released.await.unwrap();
            Ok(())
        })
    });
    let here = async {
        is_locked.await.unwrap();
        let mut waits = pin!(store.commit(vec![step_ended(hanging, 0, State::Failed), ended(hanging, State::Failed)]));
        let others = async {
            const WAITING: &str = "SELECT count(*) FROM pg_stat_activity \
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while store.db().fetch_one::<i64>(sql(WAITING)).await.unwrap() == 0 {
                tokio::task::yield_now().await;
            }
            store.commit(vec![log(next, 0, 0, b"x")]).await.unwrap();
        };
        tokio::select! {
            outcome = &mut waits => panic!("it did not wait: {outcome:?}"),
            () = others => {}
        }
        release.send(()).unwrap();
        waits.await.unwrap();
    };
    let (held, ()) = tokio::join!(holding, here);
    held.unwrap();
}
