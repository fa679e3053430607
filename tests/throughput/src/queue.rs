use std::time::{SystemTime, UNIX_EPOCH};

use windlass_store::{Cause, Durability, JobText, Location, NewExecution, PostgresLocation, Store, Transition};

/// Executions that are recorded in one transaction.
const BATCH: usize = 100;

pub(crate) async fn run(count: usize, database: &str, project: &str, job: &str) -> Result<String, String> {
    let location = if database.starts_with("postgres") {
        Location::Postgres(PostgresLocation { url: database.to_owned(), password: None, max_connections: 2 })
    } else {
        Location::Sqlite { data_dir: database.into() }
    };
    let failed = |error: windlass_store::StoreError| error.to_string();
    let store = Store::open(&location, Durability::Full).await.map_err(failed)?;
    let row = store.job(project, job).await.map_err(failed)?.ok_or("there is no such job")?;
    let queued_at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let new = || {
        let text = JobText::Stored { job: row.id, version: row.version };
        let new = NewExecution::of_job(project, job, &row.identity, text, Cause::Command, queued_at);
        NewExecution { concurrency: 1000, ..new }
    };
    let all: Vec<_> = (0..count).map(|_| Transition::Queued { execution: new(), secrets: Vec::new() }).collect();
    for batch in all.chunks(BATCH) {
        store.commit(batch.to_vec()).await.map_err(failed)?;
    }
    store.close().await;
    Ok(format!("queued {count}"))
}
