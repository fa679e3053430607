use uuid::Uuid;
use windlass_errors::Report;

use super::*;
use crate::testing::{
    MASTER, claimed, claimed_again, ended, interrupted, joined, log, new, on_both, queued, requeued, rows, running,
    sealed, step_ended, step_skipped, step_started,
};
use crate::{Ending, ExecutionSecret, NotClaimed, State};

async fn refusal(store: &Store, transition: Transition) -> String {
    let error = store.commit(vec![transition]).await.unwrap_err();
    assert!(matches!(error, StoreError::StaleTransition { .. }), "{error:?}");
    error.to_string()
}

async fn not_claimed(store: &Store, execution: Uuid, member: Uuid, at: i64) -> NotClaimed {
    match store.commit(vec![Transition::Claimed { execution, member, fence: 1, at }]).await {
        Err(StoreError::NotClaimed { execution: of, because }) if of == execution => because,
        other => panic!("{other:?}"),
    }
}

on_both! {
    async fn an_execution_from_queued_to_failed(store) {
        let id = running(store).await;
        let outputs = Some("{\"all\":1}".to_owned());
        let end = Transition::Ended { execution: id, ending: crate::testing::ending(State::Failed), outputs };
        store.commit(vec![step_ended(id, 0, State::Failed), step_skipped(id, 1)]).await.unwrap();
        store.commit(vec![end]).await.unwrap();

        let row = store.execution(id).await.unwrap().unwrap();
        assert_eq!((row.project.as_str(), row.job.as_str(), row.state), ("web", "nightly", State::Failed));
        assert_eq!((row.code.as_deref(), row.reason.as_deref()), (Some("step.failed"), Some("it broke")));
        assert_eq!((row.queued_at, row.started_at, row.ended_at), (1_000, Some(1_001), Some(2_000)));
        assert_eq!((row.outputs.as_deref(), row.resume, row.attempt), (Some("{\"all\":1}"), false, 1));
        assert_eq!(store.execution_text(id).await.unwrap().as_deref(), Some("steps: []"));
        let steps = store.steps(id).await.unwrap();
        assert_eq!(steps.iter().map(|step| step.state).collect::<Vec<_>>(), [State::Failed, State::Skipped]);
        assert_eq!((steps[0].step.as_str(), steps[0].uses.as_str()), ("s0", "cloudwatch-logs/query"));
        assert_eq!((steps[0].started_at, steps[0].ended_at), (Some(1_002), Some(2_000)));
        assert_eq!((steps[1].started_at, steps[1].ended_at), (None, Some(1_500)));
        assert_eq!((steps[0].account.as_deref(), steps[1].account.as_deref()), (Some("prod"), None));
        assert_eq!(steps[0].plugin_sha256.as_deref(), Some("ab".repeat(32).as_str()));
        assert_eq!(steps[0].outputs.as_deref(), Some("{\"rows\":2}"));
        assert_eq!(steps[1].reason.as_deref(), Some("`when` is false"));
    }

    /// PostgreSQL takes none.
    async fn a_zero_byte_is_kept_as_another_character(store) {
        let id = running(store).await;
        let reason = Some("cannot go to `/a\0b`".to_owned());
        let ending = Ending { reason, ..crate::testing::ending(State::Failed) };
        let outputs = Some(r#"{"a":"\u0000"}"#.to_owned());
        store.commit(vec![Transition::StepEnded { execution: id, position: 0, ending, outputs }]).await.unwrap();
        let steps = store.steps(id).await.unwrap();
        assert_eq!(steps[0].reason.as_deref(), Some("cannot go to `/a\u{fffd}b`"));
        assert_eq!(steps[0].outputs.as_deref(), Some(r#"{"a":"\u0000"}"#));
        store.set_meta_if_absent("a\0", "b\0").await.unwrap();
        assert_eq!(store.meta("a\0").await.unwrap().as_deref(), Some("b\u{fffd}"));
    }

    async fn nothing_follows_an_end(store) {
        let id = running(store).await;
        store.commit(vec![step_ended(id, 0, State::Succeeded)]).await.unwrap();
        assert_eq!(
            refusal(store, step_ended(id, 0, State::Failed)).await,
            format!(
                "cannot record the end (`failed`) of step 0 of execution `{id}`: the step is `succeeded` and the \
                 execution `running`"
            )
        );
        store.commit(vec![ended(id, State::Cancelled)]).await.unwrap();
        refusal(store, ended(id, State::Cancelled)).await;
        refusal(store, step_started(id, 1)).await;
        refusal(store, step_skipped(id, 1)).await;
        assert_eq!(not_claimed(store, id, joined(store).await, 9_000).await, NotClaimed::Taken);
    }

    async fn moves_that_make_no_sense_are_refused(store) {
        let id = running(store).await;
        for transition in [
            step_ended(id, 0, State::Skipped),
            step_ended(id, 0, State::Running),
            step_ended(id, 1, State::Succeeded),
            ended(id, State::Running),
            ended(id, State::Succeeded),
        ] {
            refusal(store, transition).await;
        }
        let waiting = Uuid::now_v7();
        store.commit(vec![queued(waiting)]).await.unwrap();
        let text = refusal(store, step_started(waiting, 0)).await;
        assert!(text.ends_with("the execution is `queued`, and there is no such step"), "{text}");
        for state in [State::Succeeded, State::Interrupted, State::Queued] {
            refusal(store, ended(waiting, state)).await;
        }
        store.commit(vec![ended(waiting, State::TimedOut)]).await.unwrap();
    }

    async fn an_execution_does_not_end_before_its_steps(store) {
        let id = running(store).await;
        let text = refusal(store, ended(id, State::Succeeded)).await;
        assert!(text.contains("it is `running`, held by member `"), "{text}");
        assert!(text.ends_with("`, and 1 of its steps run"), "{text}");
    }

    async fn what_is_not_there_or_there_already_is_refused(store) {
        let id = running(store).await;
        assert!(refusal(store, queued(id)).await.ends_with("it is recorded already"));
        assert!(refusal(store, step_started(id, 0)).await.ends_with("it is recorded already"));
        assert!(refusal(store, step_ended(id, 7, State::Failed)).await.ends_with("there is no such step"));
        assert!(refusal(store, log(id, 7, 0, b"x")).await.ends_with("there is no such step"));
        assert!(refusal(store, ended(Uuid::now_v7(), State::Failed)).await.ends_with("there is no such execution"));
        assert!(refusal(store, rows(Uuid::now_v7(), 0, 1, b"1")).await.ends_with("there is no such step"));
        store.commit(vec![log(id, 0, 0, b"x"), rows(id, 0, 1, b"1")]).await.unwrap();
        assert!(refusal(store, log(id, 0, 0, b"x")).await.ends_with("it is recorded already"));
        assert!(refusal(store, rows(id, 0, 1, b"1")).await.ends_with("it is recorded already"));
        assert_eq!(store.tables(id).await.unwrap()[0].rows, 1);
    }

    async fn a_refused_transition_undoes_those_before_it(store) {
        let id = running(store).await;
        let stale = vec![step_ended(id, 0, State::Succeeded), log(id, 0, 0, b"x"), step_ended(id, 0, State::Failed)];
        assert_eq!(store.commit(stale).await.unwrap_err().code().as_str(), "internal");
        assert_eq!(store.steps(id).await.unwrap()[0].state, State::Running);
        assert!(store.log(id).await.unwrap().is_empty());
    }

    async fn steps_form_a_tree(store) {
        let id = running(store).await;
        let within = |parent| match step_started(id, 1) {
            Transition::StepStarted { execution, position, step, uses, at, .. } => Transition::StepStarted {
                execution, position, parent, path: "s0[2].s1".to_owned(), step, uses, attempt: 3, at,
                plugin_sha256: None, account: None, called_with: None,
            },
            other => other,
        };
        refusal(store, within(Some(5))).await;
        store.commit(vec![within(Some(0))]).await.unwrap();
        let child = Uuid::now_v7();
        let facts = vec![
            Transition::Child { execution: id, position: 1, child },
            Transition::LogDropped { execution: id, position: 1, bytes: 5 },
        ];
        store.commit(facts).await.unwrap();
        let step = &store.steps(id).await.unwrap()[1];
        assert_eq!((step.parent, step.path.as_str(), step.attempt), (Some(0), "s0[2].s1", 3));
        assert_eq!((step.child, step.log_dropped, step.plugin_sha256.as_deref()), (Some(child), Some(5), None));
    }

    async fn a_claim_needs_a_member_a_free_place_and_its_time(store) {
        let member = joined(store).await;
        let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
        let queue = ids.iter().map(|id| {
            let execution = crate::NewExecution { concurrency: 1, not_before: Some(1_500), ..new(*id) };
            Transition::Queued { execution, secrets: Vec::new() }
        });
        store.commit(queue.collect()).await.unwrap();
        assert_eq!(not_claimed(store, ids[0], member, 1_499).await, NotClaimed::NotYet);
        assert_eq!(not_claimed(store, ids[0], Uuid::now_v7(), 1_500).await, NotClaimed::NoMember);
        store.commit(vec![Transition::Claimed { execution: ids[0], member, fence: 1, at: 1_500 }]).await.unwrap();
        assert_eq!(not_claimed(store, ids[0], member, 1_500).await, NotClaimed::Taken);
        assert_eq!(not_claimed(store, ids[1], member, 1_500).await, NotClaimed::Limit);
        store.commit(vec![ended(ids[0], State::Succeeded)]).await.unwrap();
        store.commit(vec![Transition::Claimed { execution: ids[1], member, fence: 1, at: 1_501 }]).await.unwrap();
        assert_eq!(not_claimed(store, Uuid::now_v7(), member, 1_500).await, NotClaimed::Taken);
        let row = store.execution(ids[1]).await.unwrap().unwrap();
        assert_eq!((row.member, row.started_at, row.state), (Some(member), Some(1_501), State::Running));
    }

    async fn what_a_lost_member_ran_is_settled_once(store) {
        let id = running(store).await;
        let member = store.execution(id).await.unwrap().unwrap().member;
        let left = Transition::Left { member: member.unwrap() };
        assert!(refusal(store, left.clone()).await.ends_with("1 of its executions run"));
        refusal(store, interrupted(id, None)).await;
        refusal(store, interrupted(id, Some(Uuid::now_v7()))).await;
        assert_eq!(store.running_of(member).await.unwrap().len(), 1);
        store.commit(vec![interrupted(id, member), left.clone()]).await.unwrap();
        refusal(store, interrupted(id, member)).await;
        assert!(refusal(store, left).await.ends_with("there is no such member"));
        let (row, step) = (store.execution(id).await.unwrap().unwrap(), store.steps(id).await.unwrap().remove(0));
        assert_eq!((row.state, row.ended_at, row.member), (State::Interrupted, Some(1_900), member));
        assert_eq!((step.state, step.ended_at), (State::Interrupted, Some(1_900)));
        assert_eq!(step.reason.as_deref(), Some("its member is gone"));
        assert!(store.members().await.unwrap().is_empty() && store.running_of(member).await.unwrap().is_empty());
    }

    async fn what_a_lost_member_ran_goes_on_elsewhere(store) {
        let id = running(store).await;
        let member = store.execution(id).await.unwrap().unwrap().member;
        store.commit(vec![requeued(id, member)]).await.unwrap();
        refusal(store, requeued(id, member)).await;
        refusal(store, step_started(id, 1)).await;
        let row = store.execution(id).await.unwrap().unwrap();
        assert_eq!((row.state, row.member, row.resume, row.ended_at), (State::Queued, None, true, None));
        assert_eq!(store.steps(id).await.unwrap()[0].state, State::Interrupted);
        let other = joined(store).await;
        store.commit(vec![claimed_again(id, other, 2), step_started(id, 1)]).await.unwrap();
        store.request_cancel(id, 1_800).await.unwrap();
        store.commit(vec![requeued(id, Some(other))]).await.unwrap();
        let row = store.execution(id).await.unwrap().unwrap();
        assert_eq!((row.state, row.ended_at, row.started_at), (State::Cancelled, Some(1_900), Some(1_001)));
    }

    async fn what_has_ended_without_success_can_be_reopened(store) {
        let secret = ExecutionSecret {
            name: "token".to_owned(), sealed: sealed()
        };
        store.set_first_master_key(MASTER).await.unwrap();
        let reopened = |execution| Transition::Reopened { execution, at: 3_000, secrets: vec![secret.clone()] };
        for state in [State::Failed, State::TimedOut, State::Cancelled] {
            let id = running(store).await;
            assert!(refusal(store, reopened(id)).await.contains("the reopening of execution"));
            store.commit(vec![step_ended(id, 0, state), step_skipped(id, 1), ended(id, state)]).await.unwrap();
            store.commit(vec![reopened(id)]).await.unwrap();
            let row = store.execution(id).await.unwrap().unwrap();
            assert_eq!((row.state, row.resume, row.redo_before), (State::Queued, true, Some(2)));
            assert_eq!((row.member, row.code, row.reason, row.ended_at), (None, None, None, None));
            assert_eq!((row.started_at, row.queued_at), (Some(1_001), 1_000));
            assert_eq!(store.execution_secrets(id).await.unwrap(), std::slice::from_ref(&secret));
            let member = joined(store).await;
            let again = vec![claimed_again(id, member, 2), step_started(id, 2), step_ended(id, 2, State::Succeeded)];
            store.commit(again).await.unwrap();
            store.commit(vec![ended(id, State::Succeeded)]).await.unwrap();
            refusal(store, reopened(id)).await;
            assert!(store.execution_secrets(id).await.unwrap().is_empty());
        }
    }

    async fn secrets_of_an_execution_are_gone_with_its_end(store) {
        let secret = |name: &str| ExecutionSecret {
            name: name.to_owned(), sealed: sealed()
        };
        store.set_first_master_key(MASTER).await.unwrap();
        let member = joined(store).await;
        let secrets = vec![secret("token"), secret("key")];
        for end in 0..3 {
            let id = Uuid::now_v7();
            let queued = Transition::Queued { execution: new(id), secrets: secrets.clone() };
            store.commit(vec![queued, claimed(id, member)]).await.unwrap();
            assert_eq!(store.execution_secrets(id).await.unwrap(), [secret("key"), secret("token")]);
            store.commit(vec![requeued(id, Some(member)), claimed_again(id, member, 2)]).await.unwrap();
            assert_eq!(store.execution_secrets(id).await.unwrap().len(), 2);
            let end = match end {
                0 => ended(id, State::Failed),
                1 => interrupted(id, Some(member)),
                _ => {
                    store.request_cancel(id, 1).await.unwrap();
                    requeued(id, Some(member))
                }
            };
            store.commit(vec![end]).await.unwrap();
            assert!(store.execution_secrets(id).await.unwrap().is_empty());
        }
    }
}
