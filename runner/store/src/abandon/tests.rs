use super::*;
use crate::testing::{interrupted, joined, on_both, requeued, running, step_ended, step_started};
use crate::{State, Transition};

fn checkpoint(execution: Uuid, position: i32) -> Transition {
    Transition::Checkpoint { execution, position, token: format!("query-{position}") }
}

/// A step that tells how it was called.
fn resumable(execution: Uuid, position: i32) -> Transition {
    let mut started = step_started(execution, position);
    if let Transition::StepStarted { called_with, .. } = &mut started {
        *called_with = Some("{}".to_owned());
    }
    started
}

async fn positions(store: &Store) -> Vec<i32> {
    store.to_abandon(9).await.unwrap().iter().map(|left| left.position).collect()
}

on_both! {
    async fn only_what_was_in_flight_with_a_checkpoint_is_to_be_abandoned(store) {
        let id = running(store).await;
        let member = store.execution(id).await.unwrap().unwrap().member;
        let steps = (1..5).map(|position| resumable(id, position));
        let checkpoints = [0, 1, 2, 4].map(|position| checkpoint(id, position));
        store.commit(steps.chain(checkpoints).chain([step_ended(id, 4, State::Succeeded)]).collect()).await.unwrap();
        assert_eq!(positions(store).await, [0; 0]);
        store.commit(vec![interrupted(id, member)]).await.unwrap();
        // Of step 0 it is not known how it was called.
        assert_eq!(positions(store).await, [1, 2]);
        let kept: Vec<_> = store.steps(id).await.unwrap().into_iter().map(|step| step.checkpoint).collect();
        assert_eq!(kept, [Some("query-0".to_owned()), None, None, None, Some("query-4".to_owned())]);
    }

    async fn what_goes_on_is_left_alone_unless_it_was_asked_to_stop(store) {
        for asked in [false, true] {
            let id = running(store).await;
            let member = store.execution(id).await.unwrap().unwrap().member;
            store.commit(vec![resumable(id, 1), checkpoint(id, 1)]).await.unwrap();
            if asked {
                store.request_cancel(id, 1).await.unwrap();
            }
            store.commit(vec![requeued(id, member)]).await.unwrap();
            assert_eq!(positions(store).await, if asked { vec![1] } else { vec![] });
            assert_eq!(store.steps(id).await.unwrap()[1].checkpoint.is_some(), !asked);
        }
    }

    async fn one_member_at_a_time_does_it_and_the_end_is_told(store) {
        let id = running(store).await;
        let member = store.execution(id).await.unwrap().unwrap().member;
        store.commit(vec![resumable(id, 1), checkpoint(id, 1), resumable(id, 2), checkpoint(id, 2)]).await.unwrap();
        store.commit(vec![interrupted(id, member)]).await.unwrap();
        let (one, other) = (joined(store).await, joined(store).await);
        let begins = |before, member| Transition::Abandoning { execution: id, position: 1, before, member };
        store.commit(vec![begins(None, one)]).await.unwrap();
        store.commit(vec![begins(None, other)]).await.unwrap_err();
        store.commit(vec![begins(Some(one), other)]).await.unwrap();
        assert_eq!(store.to_abandon(1).await.unwrap()[0].abandoner, Some(other));
        let ends = |position, trouble: Option<&str>| {
            Transition::Abandoned { execution: id, position, trouble: trouble.map(str::to_owned) }
        };
        store.commit(vec![ends(1, None), ends(2, Some("it is stuck"))]).await.unwrap();
        store.commit(vec![ends(1, None)]).await.unwrap_err();
        assert_eq!(positions(store).await, [0; 0]);
        let reasons: Vec<_> = store.steps(id).await.unwrap().into_iter().filter_map(|step| step.reason).collect();
        let said = "its member is gone";
        assert_eq!(reasons, [said.to_owned(), said.to_owned(), format!("{said}; what it had begun could not be ended: it is stuck")]);
    }
}
