use uuid::Uuid;
use windlass_errors::{Report, render};

use super::*;
use crate::State;
use crate::testing::{created, ended, fresh, log, rows, running, step_ended, step_started};

async fn refusal(store: &Store, transition: Transition) -> String {
    let error = store.commit(vec![transition]).await.unwrap_err();
    assert!(matches!(error, StoreError::StaleTransition { .. }), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn an_execution_from_queued_to_failed() {
    let (_folder, store) = fresh().await;
    let id = running(&store).await;
    store.commit(vec![step_ended(id, 0, State::Failed), step_ended(id, 1, State::Skipped)]).await.unwrap();
    store.commit(vec![ended(id, State::Failed)]).await.unwrap();

    let row = store.execution(id).await.unwrap().unwrap();
    assert_eq!((row.project.as_str(), row.job.as_str(), row.state), ("web", "nightly", State::Failed));
    assert_eq!((row.code.as_deref(), row.reason.as_deref()), (Some("step.failed"), Some("it broke")));
    assert_eq!((row.queued_at, row.started_at, row.ended_at), (1_000, Some(1_001), Some(2_000)));
    let steps = store.steps(id).await.unwrap();
    assert_eq!(steps.iter().map(|step| step.state).collect::<Vec<_>>(), [State::Failed, State::Skipped]);
    assert_eq!((steps[0].step.as_str(), steps[0].uses.as_str()), ("s0", "cloudwatch-logs/query"));
    assert_eq!((steps[0].started_at, steps[0].ended_at, steps[1].started_at), (Some(1_002), Some(2_000), None));
    assert_eq!(steps[0].plugin_sha256.as_deref(), Some("ab".repeat(32).as_str()));
    assert_eq!(steps[0].outputs.as_deref(), Some("{\"rows\":2}"));
}

#[tokio::test]
async fn nothing_follows_an_end() {
    let (_folder, store) = fresh().await;
    let id = running(&store).await;
    store.commit(vec![step_ended(id, 0, State::Succeeded), step_ended(id, 1, State::Cancelled)]).await.unwrap();
    assert_eq!(
        refusal(&store, step_ended(id, 0, State::Failed)).await,
        format!(
            "cannot record the end (`failed`) of step 0 of execution `{id}`: the step is `succeeded` and the \
             execution `running`"
        )
    );
    refusal(&store, step_started(id, 1)).await;
    store.commit(vec![ended(id, State::Cancelled)]).await.unwrap();
    refusal(&store, ended(id, State::Cancelled)).await;
    refusal(&store, Transition::Started { execution: id, at: 1 }).await;
}

#[tokio::test]
async fn moves_that_make_no_sense_are_refused() {
    let (_folder, store) = fresh().await;
    let id = running(&store).await;
    for transition in [
        step_started(id, 0),
        step_ended(id, 0, State::Skipped),
        step_ended(id, 0, State::Running),
        step_ended(id, 1, State::Succeeded),
        ended(id, State::Running),
        Transition::Started { execution: id, at: 1 },
    ] {
        refusal(&store, transition).await;
    }
    let waiting = Uuid::now_v7();
    store.commit(vec![created(waiting)]).await.unwrap();
    let text = refusal(&store, step_started(waiting, 0)).await;
    assert!(text.ends_with("the step is `queued` and the execution `queued`"), "{text}");
}

#[tokio::test]
async fn an_execution_does_not_end_before_its_steps() {
    let (_folder, store) = fresh().await;
    let id = running(&store).await;
    store.commit(vec![step_ended(id, 0, State::Succeeded)]).await.unwrap();
    let text = refusal(&store, ended(id, State::Succeeded)).await;
    assert!(text.ends_with("it is `running`, and 1 of its steps have not ended"), "{text}");
}

#[tokio::test]
async fn what_is_not_there_or_there_already_is_refused() {
    let (_folder, store) = fresh().await;
    let id = running(&store).await;
    assert!(refusal(&store, created(id)).await.ends_with("it is recorded already"));
    assert!(refusal(&store, step_started(id, 7)).await.ends_with("there is no such step"));
    assert!(refusal(&store, log(id, 7, 0, b"x")).await.ends_with("there is no such step"));
    assert!(refusal(&store, ended(Uuid::now_v7(), State::Failed)).await.ends_with("there is no such execution"));
    assert!(refusal(&store, rows(Uuid::now_v7(), 0, 1, b"1")).await.ends_with("there is no such step"));
    store.commit(vec![log(id, 0, 0, b"x"), rows(id, 0, 1, b"1")]).await.unwrap();
    assert!(refusal(&store, log(id, 0, 0, b"x")).await.ends_with("it is recorded already"));
    assert!(refusal(&store, rows(id, 0, 1, b"1")).await.ends_with("it is recorded already"));
    assert_eq!(store.tables(id).await.unwrap()[0].rows, 1);
}

#[tokio::test]
async fn a_refused_transition_undoes_those_before_it() {
    let (_folder, store) = fresh().await;
    let id = running(&store).await;
    let stale = vec![step_ended(id, 0, State::Succeeded), log(id, 0, 0, b"x"), step_ended(id, 0, State::Failed)];
    assert_eq!(store.commit(stale).await.unwrap_err().code().as_str(), "internal");
    assert_eq!(store.steps(id).await.unwrap()[0].state, State::Running);
    assert!(store.log(id).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_full_disk_fails_one_commit_and_loses_nothing() {
    let (_folder, store) = fresh().await;
    let id = running(&store).await;
    let mut writer = store.writer().await.unwrap();
    let limit = sqlx::query("PRAGMA max_page_count = 1"); // SQLite takes the present size when it is larger
    limit.execute(&mut *writer).await.unwrap();
    writer.done();
    let noise: Vec<u8> = (0..50_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let error = store.commit(vec![log(id, 0, 0, b"first"), log(id, 0, 1, &noise)]).await.unwrap_err();
    let text = render(&error);
    assert!(text.starts_with("error[store.unavailable]: cannot write what happened to an execution"), "{text}");
    assert!(text.contains("windlass.db`") && text.contains("disk is full") && text.contains("help: free"), "{text}");
    assert!(store.log(id).await.unwrap().is_empty());
    store.commit(vec![log(id, 0, 0, &noise)]).await.unwrap();
    assert_eq!(store.log(id).await.unwrap()[0].data, noise);
}

#[tokio::test]
async fn a_dropped_commit_leaves_the_writer_usable() {
    let (_folder, store) = fresh().await;
    let id = running(&store).await;
    for seq in 0..50 {
        let commit = store.commit(vec![log(id, 0, seq, b"dropped"), log(id, 0, seq + 1_000, b"dropped")]);
        let _ = tokio::time::timeout(std::time::Duration::from_micros(seq as u64 * 20), commit).await;
    }
    store.commit(vec![log(id, 0, 5_000, b"kept")]).await.unwrap();
    let log = store.log(id).await.unwrap();
    let (low, high) = log[..log.len() - 1].split_at((log.len() - 1) / 2);
    assert!(low.iter().zip(high).all(|(low, high)| low.seq + 1_000 == high.seq), "half a transaction was kept");
    assert_eq!(log.last().unwrap().data, b"kept");
}
