//! What the commits of an execution of one step cost, beside a bare loop of the same statements:
//! `cargo run --release -p windlass-store --example commits [EXECUTIONS [sqlite]]`
#![expect(clippy::unwrap_used, reason = "a program for developers")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior, params};
use secrecy::SecretString;
use uuid::Uuid;
use windlass_store::{
    Cause, Durability, Ending, JobText, Location, Member, NewExecution, PostgresLocation, Role, State, Store,
    Transition,
};
use windlass_tests::postgres::{PASSWORD, Postgres};

fn main() {
    let executions = std::env::args().nth(1).map_or(2_000, |text| text.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::Builder::new().tempdir_in(".").unwrap();
        println!("each execution is two commits: claim and step start; step end and end");
        for durability in [Durability::Full, Durability::Process] {
            println!("\nSQLite, {durability:?}");
            bare(&folder.path().join(format!("bare-{durability:?}")), durability, executions).await;
            let data_dir = folder.path().join(format!("{durability:?}"));
            let store = Store::open(&Location::Sqlite { data_dir }, durability).await.unwrap();
            all(&store, executions).await;
            store.close().await;
        }
        if std::env::args().nth(2).is_some_and(|only| only == "sqlite") {
            return;
        }
        let server = Postgres::start().unwrap();
        let url = server.url(&server.fresh_database().unwrap());
        println!("\nPostgreSQL, Full (CPU of this process alone)");
        let password = Some(SecretString::from(PASSWORD));
        let location = Location::Postgres(PostgresLocation { url, password, max_connections: 16 });
        let store = Store::open(&location, Durability::Full).await.unwrap();
        all(&store, executions).await;
        store.close().await;
    });
}

async fn all(store: &Store, executions: usize) {
    let member = Uuid::now_v7();
    let text = |text: &str| text.to_owned();
    let (host, version, data_dir_id) = (text("here"), text("0"), text("d"));
    let joined = Member {
        id: member,
        host,
        pid: 1,
        version,
        role: Role::Server,
        data_dir_id,
        started_at: 0,
        max_executions: 20,
        master_key: None,
        labels: text("[]"),
        plugins: text("[]"),
    };
    store.commit(vec![Transition::Joined { member: joined }]).await.unwrap();
    for callers in [1, 8, 64] {
        let ids: Arc<Vec<Uuid>> = Arc::new((0..executions).map(|_| Uuid::now_v7()).collect());
        let queued = ids.iter().map(|id| Transition::Queued { execution: new(*id), secrets: Vec::new() });
        store.commit(queued.collect()).await.unwrap();
        let before = store.commits();
        let meter = Meter::start();
        let next = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..callers)
            .map(|_| {
                let (store, ids, next) = (store.clone(), Arc::clone(&ids), Arc::clone(&next));
                tokio::spawn(async move {
                    while let Some(id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
                        run(&store, *id, member).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        meter.say(&format!("{callers:>2} callers"), executions, store.commits() - before);
        if callers == 1 {
            looked_for(store, executions).await;
        }
    }
}

async fn looked_for(store: &Store, executions: usize) {
    let ids: Vec<Uuid> = (0..10_000).map(|_| Uuid::now_v7()).collect();
    let queued = ids.iter().map(|id| Transition::Queued { execution: new(*id), secrets: Vec::new() });
    store.commit(queued.collect()).await.unwrap();
    for limit in [1, 16, 64] {
        let meter = Meter::start();
        let rounds = std::env::var("ROUNDS").map_or(200, |text| text.parse().unwrap());
        for _ in 0..rounds {
            assert_eq!(store.candidates(limit, 2_000, &[]).await.unwrap().len() as i64, limit);
        }
        let (wall, cpu) = meter.stop();
        let of = executions + ids.len();
        println!("   candidates({limit}) of 10,000 among {of}: {:.2?}, CPU {:.2?}", wall / rounds, cpu / rounds);
    }
    for id in ids {
        store.request_cancel(id, 1).await.unwrap();
    }
}

async fn run(store: &Store, execution: Uuid, member: Uuid) {
    let start = Transition::StepStarted {
        execution,
        position: 0,
        parent: None,
        path: "query".to_owned(),
        step: "query".to_owned(),
        uses: "cloudwatch-logs/query".to_owned(),
        attempt: 1,
        at: 1,
        plugin_sha256: Some("ab".repeat(32)),
        account: Some("prod".to_owned()),
        called_with: None,
    };
    store.commit(vec![Transition::Claimed { execution, member, fence: 1, at: 1_001 }, start]).await.unwrap();
    let ending = Ending { state: State::Succeeded, code: None, reason: None, at: 2 };
    let outputs = Some("{\"rows\":12}".to_owned());
    let end = Transition::StepEnded { execution, position: 0, ending: ending.clone(), outputs };
    store.commit(vec![end, Transition::Ended { execution, ending, outputs: None }]).await.unwrap();
}

fn new(id: Uuid) -> NewExecution {
    let text = JobText::Inline("steps: []".to_owned());
    NewExecution { id, ..NewExecution::of_job("web", "nightly", "name:nightly", text, Cause::Command, 1_000) }
}

/// The same changes by the crate below, on one connection.
async fn bare(folder: &Path, durability: Durability, executions: usize) {
    let store = Store::open(&Location::Sqlite { data_dir: folder.to_owned() }, durability).await.unwrap();
    let ids: Vec<Uuid> = (0..executions).map(|_| Uuid::now_v7()).collect();
    let queued = ids.iter().map(|id| Transition::Queued { execution: new(*id), secrets: Vec::new() });
    store.commit(queued.collect()).await.unwrap();
    store.close().await;
    let mut db = Connection::open(folder.join("windlass.db")).unwrap();
    let synchronous = if durability == Durability::Full { "FULL" } else { "NORMAL" };
    db.pragma_update(None, "synchronous", synchronous).unwrap();
    db.pragma_update(None, "foreign_keys", true).unwrap();
    let meter = Meter::start();
    for id in ids {
        let id = id.as_bytes().as_slice();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let claim = "UPDATE execution SET state = 'running', started_at = ?2 WHERE id = ?1 AND state = 'queued'";
        transaction.prepare_cached(claim).unwrap().execute(params![id, 1_i64]).unwrap();
        let step = "INSERT INTO step_execution (execution, position, path, step, uses, state, started_at) \
                    SELECT ?1, 0, 'query', 'query', 'cloudwatch-logs/query', 'running', 1 FROM execution WHERE id = ?1";
        transaction.prepare_cached(step).unwrap().execute(params![id]).unwrap();
        transaction.commit().unwrap();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let step = "UPDATE step_execution SET state = 'succeeded', ended_at = 2, outputs = ?2 \
                    WHERE execution = ?1 AND position = 0 AND state = 'running'";
        transaction.prepare_cached(step).unwrap().execute(params![id, "{\"rows\":12}"]).unwrap();
        let end = "UPDATE execution SET state = 'succeeded', ended_at = 2 WHERE id = ?1 AND state = 'running'";
        transaction.prepare_cached(end).unwrap().execute(params![id]).unwrap();
        transaction.commit().unwrap();
    }
    meter.say("bare loop ", executions, 2 * executions as u64);
    db.close().unwrap();
}

struct Meter {
    start: Instant,
    cpu: Duration,
}

impl Meter {
    fn start() -> Self {
        Self { start: Instant::now(), cpu: cpu() }
    }

    fn stop(&self) -> (Duration, Duration) {
        (self.start.elapsed(), cpu() - self.cpu)
    }

    fn say(&self, what: &str, executions: usize, transactions: u64) {
        let (wall, cpu) = self.stop();
        let commits = 2 * executions as u32;
        println!(
            "{what}: {:>6.0} commits/s, CPU {:>6.1?} a commit, {:.1} commits a transaction",
            f64::from(commits) / wall.as_secs_f64(),
            cpu / commits,
            f64::from(commits) / transactions as f64
        );
    }
}

/// User and system time of this process: the 14th and 15th member of `/proc/self/stat`, in hundredths of a second.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let members = text.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
    Duration::from_millis(members.map(|ticks| ticks.parse::<u64>().unwrap() * 10).sum())
}
