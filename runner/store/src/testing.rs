use tempfile::TempDir;
use uuid::Uuid;

use crate::{Ending, LogChunk, NewExecution, NewStep, State, Store, Stream, Transition};

pub(crate) async fn fresh() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("data")).await.unwrap();
    (folder, store)
}

/// An execution with steps at 0 and 1.
pub(crate) fn created(id: Uuid) -> Transition {
    let text = |text: &str| text.to_owned();
    let execution = NewExecution {
        id,
        project: text("web"),
        job: text("nightly"),
        job_text: text("steps: []"),
        options: text("{}"),
        queued_at: 1_000,
    };
    let step = |position| NewStep { position, step: format!("s{position}"), uses: text("cloudwatch-logs/query") };
    Transition::Created { execution, steps: vec![step(0), step(1)] }
}

/// An execution that runs, and so does its step 0.
pub(crate) async fn running(store: &Store) -> Uuid {
    let execution = Uuid::now_v7();
    let started = Transition::Started { execution, at: 1_001 };
    store.commit(vec![created(execution), started, step_started(execution, 0)]).await.unwrap();
    execution
}

pub(crate) fn step_started(execution: Uuid, position: i32) -> Transition {
    Transition::StepStarted { execution, position, at: 1_002, plugin_sha256: "ab".repeat(32) }
}

pub(crate) fn step_ended(execution: Uuid, position: i32, state: State) -> Transition {
    Transition::StepEnded { execution, position, ending: ending(state), outputs: Some("{\"rows\":2}".to_owned()) }
}

pub(crate) fn ended(execution: Uuid, state: State) -> Transition {
    Transition::Ended { execution, ending: ending(state) }
}

fn ending(state: State) -> Ending {
    let failed = state == State::Failed;
    let code = failed.then(|| "step.failed".to_owned());
    Ending { state, code, reason: failed.then(|| "it broke".to_owned()), at: 2_000 }
}

pub(crate) fn log(execution: Uuid, position: i32, seq: i64, text: &[u8]) -> Transition {
    let chunk = LogChunk { seq, stream: Stream::Stderr, first_at: 1_003, last_at: 1_004, data: text.to_vec() };
    Transition::Log { execution, position, chunk }
}

pub(crate) fn rows(execution: Uuid, seq: i64, rows: i64, data: &[u8]) -> Transition {
    let (table, columns) = ("results".to_owned(), "[\"a\"]".to_owned());
    Transition::Rows { execution, position: 0, table, columns, seq, rows, data: data.to_vec() }
}
