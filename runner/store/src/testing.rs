//! What the tests share: a database of either kind that is gone with its test, and pieces of an execution.

use std::path::PathBuf;

use secrecy::SecretString;
use tempfile::TempDir;
use uuid::Uuid;
use windlass_tests::postgres::{PASSWORD, Postgres};

use crate::db::Statement;
use crate::{
    Cause, Durability, Ending, JobText, Location, LogChunk, Member, NewExecution, PostgresLocation, Role, Sealed,
    State, Store, Stream, Transition,
};

/// Runs each test on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($store:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not each test needs all")]
            use super::*;

            async fn test($store: &$crate::Store) $body

            $(#[$meta])*
            #[tokio::test]
            async fn sqlite() {
                let ground = $crate::testing::Ground::sqlite();
                test(&ground.open().await).await;
            }

            $(#[$meta])*
            #[tokio::test]
            async fn postgres() {
                let ground = $crate::testing::Ground::postgres();
                test(&ground.open().await).await;
            }
        }
    )*};
}
pub(crate) use on_both;

/// A place for a database.
pub(crate) struct Ground {
    pub(crate) folder: TempDir,
    pub(crate) location: Location,
}

impl Ground {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite { data_dir: folder.path().join("data") };
        Self { folder, location }
    }

    pub(crate) fn postgres() -> Self {
        let server = Postgres::shared();
        let database = server.fresh_database().unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { folder, location: Location::Postgres(at(&server.url(&database))) }
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.location, Durability::Full).await.unwrap()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

pub(crate) fn at(url: &str) -> PostgresLocation {
    PostgresLocation { url: url.to_owned(), password: Some(SecretString::from(PASSWORD)), max_connections: 8 }
}

pub(crate) async fn fresh() -> (Ground, Store) {
    let ground = Ground::sqlite();
    let store = ground.open().await;
    (ground, store)
}

pub(crate) fn member(id: Uuid) -> Member {
    let text = |text: &str| text.to_owned();
    let (host, version, data_dir_id) = (text("a"), text("0.1.0"), text("d"));
    let (labels, plugins) = (text("[]"), text("[]"));
    let role = Role::Server;
    Member {
        id,
        host,
        pid: 7,
        version,
        role,
        data_dir_id,
        started_at: 900,
        max_executions: 20,
        master_key: None,
        labels,
        plugins,
    }
}

/// The id of a master key.
pub(crate) const MASTER: &str = "2b539fef64b9c772";

/// Something that [`MASTER`] wraps, once it is recorded.
pub(crate) fn sealed() -> Sealed {
    Sealed { master_key: MASTER.to_owned(), wrapped_key: vec![1, 0], ciphertext: vec![255] }
}

/// A member that has joined.
pub(crate) async fn joined(store: &Store) -> Uuid {
    let id = Uuid::now_v7();
    store.commit(vec![Transition::Joined { member: member(id) }]).await.unwrap();
    id
}

pub(crate) fn new(id: Uuid) -> NewExecution {
    let text = JobText::Inline("steps: []".to_owned());
    NewExecution { id, ..NewExecution::of_job("web", "nightly", "name:nightly", text, Cause::Command, 1_000) }
}

pub(crate) fn queued(id: Uuid) -> Transition {
    Transition::Queued { execution: new(id), secrets: Vec::new() }
}

pub(crate) fn claimed(execution: Uuid, member: Uuid) -> Transition {
    claimed_again(execution, member, 1)
}

/// A claim of this number.
pub(crate) fn claimed_again(execution: Uuid, member: Uuid, fence: i64) -> Transition {
    Transition::Claimed { execution, member, fence, at: 1_001 }
}

/// An execution that runs, and so does its step 0.
pub(crate) async fn running(store: &Store) -> Uuid {
    let member = joined(store).await;
    let id = Uuid::now_v7();
    store.commit(vec![queued(id), claimed(id, member), step_started(id, 0)]).await.unwrap();
    id
}

/// An execution that has ended.
pub(crate) async fn done(store: &Store, execution: NewExecution, member: Uuid, state: State) -> Uuid {
    let id = execution.id;
    let queued = Transition::Queued { execution, secrets: Vec::new() };
    store.commit(vec![queued, claimed(id, member), ended(id, state)]).await.unwrap();
    id
}

pub(crate) fn step_started(execution: Uuid, position: i32) -> Transition {
    Transition::StepStarted {
        execution,
        position,
        parent: None,
        path: format!("s{position}"),
        step: format!("s{position}"),
        uses: "cloudwatch-logs/query".to_owned(),
        attempt: 1,
        at: 1_002,
        plugin_sha256: Some("ab".repeat(32)),
        account: Some("prod".to_owned()),
        called_with: None,
    }
}

pub(crate) fn step_skipped(execution: Uuid, position: i32) -> Transition {
    Transition::StepSkipped {
        execution,
        position,
        parent: None,
        path: format!("s{position}"),
        step: format!("s{position}"),
        uses: "sts/whoami".to_owned(),
        code: None,
        reason: Some("`when` is false".to_owned()),
        at: 1_500,
    }
}

pub(crate) fn step_ended(execution: Uuid, position: i32, state: State) -> Transition {
    Transition::StepEnded { execution, position, ending: ending(state), outputs: Some("{\"rows\":2}".to_owned()) }
}

pub(crate) fn ended(execution: Uuid, state: State) -> Transition {
    Transition::Ended { execution, ending: ending(state), outputs: None }
}

pub(crate) fn ending(state: State) -> Ending {
    let failed = state == State::Failed;
    let code = failed.then(|| "step.failed".to_owned());
    Ending { state, code, reason: failed.then(|| "it broke".to_owned()), at: 2_000 }
}

pub(crate) fn interrupted(execution: Uuid, member: Option<Uuid>) -> Transition {
    let (code, reason) = ("execution.interrupted".to_owned(), "its member is gone".to_owned());
    Transition::Interrupted { execution, member, at: 1_900, code, reason }
}

pub(crate) fn requeued(execution: Uuid, member: Option<Uuid>) -> Transition {
    let (code, reason) = ("execution.interrupted".to_owned(), "its member is gone".to_owned());
    Transition::Requeued { execution, member, at: 1_900, code, reason }
}

pub(crate) fn log(execution: Uuid, position: i32, seq: i64, text: &[u8]) -> Transition {
    let chunk = LogChunk { seq, stream: Stream::Stderr, first_at: 1_003, last_at: 1_004, data: text.to_vec() };
    Transition::Log { execution, position, chunk }
}

pub(crate) fn rows(execution: Uuid, seq: i64, rows: i64, data: &[u8]) -> Transition {
    let (table, columns) = ("results".to_owned(), "[\"a\"]".to_owned());
    Transition::Rows { execution, position: 0, table, columns, seq, rows, data: data.to_vec() }
}

/// How many rows PostgreSQL takes in hand for a statement without arguments, whatever comes of them; and its plan.
pub(crate) async fn examined(store: &Store, text: &str) -> (u128, String) {
    let explain = Statement::assembled(format!("EXPLAIN ANALYZE {text}"));
    let plan: Vec<String> = store.db().fetch_all(explain).await.unwrap();
    let number = |line: &str, name: &str| line.rsplit_once(name)?.1.split([' ', ')']).next()?.parse::<u128>().ok();
    let rows = plan.iter().filter_map(|line| Some(number(line, " rows=")? * number(line, " loops=")?));
    (rows.sum(), plan.join("\n"))
}
