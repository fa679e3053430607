//! The statement of each transition. A statement that changes nothing found another state than it needs.

use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use crate::executions::reversed;
use crate::packed::Packed;
use crate::{Ending, LogChunk, NewExecution, NewStep};

pub(crate) async fn created(
    db: &mut SqliteConnection,
    execution: &NewExecution,
    steps: &[NewStep],
) -> sqlx::Result<u64> {
    const EXECUTION: &str = "INSERT INTO execution (id, reversed_id, project, job, job_text, options, state, queued_at) \
                             VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7)";
    const STEP: &str = "INSERT INTO step_execution (execution, position, step, uses, state) \
                        VALUES ($1, $2, $3, $4, 'queued')";
    let NewExecution { id, project, job, job_text, options, queued_at } = execution;
    let query = sqlx::query(EXECUTION).bind(id).bind(reversed(&id.to_string())).bind(project).bind(job);
    let done = query.bind(job_text).bind(options).bind(queued_at).execute(&mut *db).await?;
    for NewStep { position, step, uses } in steps {
        sqlx::query(STEP).bind(id).bind(position).bind(step).bind(uses).execute(&mut *db).await?;
    }
    Ok(done.rows_affected())
}

pub(crate) async fn started(db: &mut SqliteConnection, execution: Uuid, at: i64) -> sqlx::Result<u64> {
    const SQL: &str = "UPDATE execution SET state = 'running', started_at = $2 WHERE id = $1 AND state = 'queued'";
    Ok(sqlx::query(SQL).bind(execution).bind(at).execute(db).await?.rows_affected())
}

pub(crate) async fn ended(db: &mut SqliteConnection, execution: Uuid, ending: &Ending) -> sqlx::Result<u64> {
    const SQL: &str = "UPDATE execution SET state = $2, code = $3, reason = $4, ended_at = $5 WHERE id = $1 \
        AND ((state = 'running' AND $2 <> 'skipped') OR (state = 'queued' AND $2 <> 'succeeded')) \
        AND NOT EXISTS (SELECT 1 FROM step_execution WHERE execution = $1 AND state IN ('queued', 'running'))";
    if !ending.state.has_ended() {
        return Ok(0);
    }
    let query = sqlx::query(SQL).bind(execution).bind(ending.state.as_str());
    let query = query.bind(ending.code.as_deref()).bind(ending.reason.as_deref()).bind(ending.at);
    Ok(query.execute(db).await?.rows_affected())
}

pub(crate) async fn step_started(
    db: &mut SqliteConnection,
    execution: Uuid,
    position: i32,
    at: i64,
    plugin_sha256: &str,
) -> sqlx::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET state = 'running', started_at = $3, plugin_sha256 = $4 \
        WHERE execution = $1 AND position = $2 AND state = 'queued' \
        AND EXISTS (SELECT 1 FROM execution WHERE id = $1 AND state = 'running')";
    let query = sqlx::query(SQL).bind(execution).bind(position).bind(at).bind(plugin_sha256);
    Ok(query.execute(db).await?.rows_affected())
}

pub(crate) async fn step_ended(
    db: &mut SqliteConnection,
    execution: Uuid,
    position: i32,
    ending: &Ending,
    outputs: Option<&str>,
) -> sqlx::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET state = $3, code = $4, reason = $5, ended_at = $6, outputs = $7 \
        WHERE execution = $1 AND position = $2 \
        AND ((state = 'running' AND $3 <> 'skipped') OR (state = 'queued' AND $3 <> 'succeeded'))";
    if !ending.state.has_ended() {
        return Ok(0);
    }
    let query = sqlx::query(SQL).bind(execution).bind(position).bind(ending.state.as_str());
    let query = query.bind(ending.code.as_deref()).bind(ending.reason.as_deref()).bind(ending.at).bind(outputs);
    Ok(query.execute(db).await?.rows_affected())
}

pub(crate) async fn contained(
    db: &mut SqliteConnection,
    execution: Uuid,
    position: i32,
    containment: &str,
) -> sqlx::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET containment = $3 \
                       WHERE execution = $1 AND position = $2 AND state = 'running'";
    let query = sqlx::query(SQL).bind(execution).bind(position).bind(containment);
    Ok(query.execute(db).await?.rows_affected())
}

pub(crate) async fn checkpoint(
    db: &mut SqliteConnection,
    execution: Uuid,
    position: i32,
    token: &str,
) -> sqlx::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET checkpoint = $3 \
                       WHERE execution = $1 AND position = $2 AND state = 'running'";
    Ok(sqlx::query(SQL).bind(execution).bind(position).bind(token).execute(db).await?.rows_affected())
}

pub(crate) async fn chart(
    db: &mut SqliteConnection,
    execution: Uuid,
    position: i32,
    name: &str,
    definition: &str,
) -> sqlx::Result<u64> {
    const SQL: &str = "INSERT INTO chart (execution, position, name, definition) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (execution, position, name) DO UPDATE SET definition = excluded.definition";
    let query = sqlx::query(SQL).bind(execution).bind(position).bind(name).bind(definition);
    Ok(query.execute(db).await?.rows_affected())
}

/// Counts more bytes of a file, and makes the file when these are its first.
pub(crate) async fn file(
    db: &mut SqliteConnection,
    execution: Uuid,
    position: i32,
    name: &str,
    content_type: &str,
    bytes: i64,
) -> sqlx::Result<u64> {
    const SQL: &str = "INSERT INTO artifact (execution, position, name, columns, rows, bytes, content_type) \
        VALUES ($1, $2, $3, '[]', 0, $4, $5) ON CONFLICT (execution, position, name) DO UPDATE \
        SET bytes = artifact.bytes + excluded.bytes";
    let query = sqlx::query(SQL).bind(execution).bind(position).bind(name).bind(bytes).bind(content_type);
    Ok(query.execute(db).await?.rows_affected())
}

pub(crate) async fn log(
    db: &mut SqliteConnection,
    execution: Uuid,
    position: i32,
    chunk: &LogChunk,
    packed: Packed,
) -> sqlx::Result<u64> {
    const SQL: &str = "INSERT INTO log_chunk (execution, position, seq, stream, first_at, last_at, bytes, data) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let query = sqlx::query(SQL).bind(execution).bind(position).bind(chunk.seq).bind(chunk.stream.as_str());
    let query = query.bind(chunk.first_at).bind(chunk.last_at).bind(packed.bytes).bind(packed.data);
    Ok(query.execute(db).await?.rows_affected())
}

/// Counts more rows of a table, and makes the table when these are its first.
pub(crate) async fn table(
    db: &mut SqliteConnection,
    execution: Uuid,
    position: i32,
    name: &str,
    columns: &str,
    rows: i64,
    bytes: i64,
) -> sqlx::Result<u64> {
    const SQL: &str = "INSERT INTO artifact (execution, position, name, columns, rows, bytes) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (execution, position, name) DO UPDATE \
        SET columns = excluded.columns, rows = artifact.rows + excluded.rows, bytes = artifact.bytes + excluded.bytes";
    let query = sqlx::query(SQL).bind(execution).bind(position).bind(name).bind(columns).bind(rows).bind(bytes);
    Ok(query.execute(db).await?.rows_affected())
}

pub(crate) async fn rows(
    db: &mut SqliteConnection,
    execution: Uuid,
    position: i32,
    table: &str,
    seq: i64,
    rows: i64,
    packed: Packed,
) -> sqlx::Result<u64> {
    const SQL: &str = "INSERT INTO artifact_chunk (execution, position, name, seq, rows, bytes, data) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let query = sqlx::query(SQL).bind(execution).bind(position).bind(table).bind(seq).bind(rows);
    Ok(query.bind(packed.bytes).bind(packed.data).execute(db).await?.rows_affected())
}
