use uuid::Uuid;

use crate::db::{self, Connection, sql};
use crate::{Ending, State};

/// A step as it is first recorded.
pub(crate) struct NewStep<'a> {
    pub(crate) execution: Uuid,
    pub(crate) position: i32,
    pub(crate) parent: Option<i32>,
    pub(crate) path: &'a str,
    pub(crate) step: &'a str,
    pub(crate) uses: &'a str,
    pub(crate) attempt: i32,
    pub(crate) first: First<'a>,
}

/// What is first known of a step.
pub(crate) enum First<'a> {
    Started { at: i64, plugin_sha256: Option<&'a str>, account: Option<&'a str>, called_with: Option<&'a str> },
    Skipped { at: i64, code: Option<&'a str>, reason: Option<&'a str> },
}

pub(crate) async fn new_step(db: &mut Connection, new: NewStep<'_>) -> db::Result<u64> {
    const SQL: &str = "INSERT INTO step_execution (execution, position, parent, path, step, uses, attempt, state, \
        started_at, plugin_sha256, account, called_with, ended_at, code, reason) \
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 FROM execution \
        WHERE id = $1 AND state = 'running' \
        AND ($3 IS NULL OR EXISTS (SELECT 1 FROM step_execution WHERE execution = $1 AND position = $3))";
    let statement = sql(SQL).bind(new.execution).bind(new.position).bind(new.parent).bind(new.path).bind(new.step);
    let statement = statement.bind(new.uses).bind(new.attempt);
    let (none, never) = (None::<&str>, None::<i64>);
    let statement = match new.first {
        First::Started { at, plugin_sha256, account, called_with } => {
            let statement = statement.bind(State::Running.as_str()).bind(at).bind(plugin_sha256).bind(account);
            statement.bind(called_with).bind(never).bind(none).bind(none)
        }
        First::Skipped { at, code, reason } => {
            let statement = statement.bind(State::Skipped.as_str()).bind(never).bind(none).bind(none).bind(none);
            statement.bind(at).bind(code).bind(reason)
        }
    };
    db.execute(statement).await
}

pub(crate) async fn step_ended(
    db: &mut Connection,
    execution: Uuid,
    position: i32,
    ending: &Ending,
    outputs: Option<&str>,
) -> db::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET state = $3, code = $4, reason = $5, ended_at = $6, outputs = $7, \
        called_with = NULL WHERE execution = $1 AND position = $2 AND state = 'running'";
    if !ending.state.has_ended() || ending.state == State::Skipped {
        return Ok(0);
    }
    let statement = sql(SQL).bind(execution).bind(position).bind(ending.state.as_str()).bind(&ending.code);
    db.execute(statement.bind(&ending.reason).bind(ending.at).bind(outputs)).await
}

pub(crate) async fn contained(
    db: &mut Connection,
    execution: Uuid,
    position: i32,
    containment: &str,
) -> db::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET containment = $3 \
                       WHERE execution = $1 AND position = $2 AND state = 'running'";
    db.execute(sql(SQL).bind(execution).bind(position).bind(containment)).await
}

pub(crate) async fn checkpoint(db: &mut Connection, execution: Uuid, position: i32, token: &str) -> db::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET checkpoint = $3 \
                       WHERE execution = $1 AND position = $2 AND state = 'running'";
    db.execute(sql(SQL).bind(execution).bind(position).bind(token)).await
}

/// Another step goes on from the checkpoint of one that was interrupted, and answers for it.
pub(crate) async fn taken_over(db: &mut Connection, execution: Uuid, position: i32) -> db::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET called_with = NULL \
                       WHERE execution = $1 AND position = $2 AND state = 'interrupted'";
    db.execute(sql(SQL).bind(execution).bind(position)).await
}

pub(crate) async fn child(db: &mut Connection, execution: Uuid, position: i32, child: Uuid) -> db::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET child = $3 \
                       WHERE execution = $1 AND position = $2 AND state = 'running'";
    db.execute(sql(SQL).bind(execution).bind(position).bind(child)).await
}

pub(crate) async fn log_dropped(db: &mut Connection, execution: Uuid, position: i32, bytes: i64) -> db::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET log_dropped = $3 \
                       WHERE execution = $1 AND position = $2 AND state = 'running'";
    db.execute(sql(SQL).bind(execution).bind(position).bind(bytes)).await
}

pub(crate) async fn accepted(db: &mut Connection, execution: Uuid, position: i32) -> db::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET accepted = TRUE WHERE execution = $1 AND position = $2 \
                       AND state IN ('failed', 'timedOut', 'cancelled', 'interrupted')";
    db.execute(sql(SQL).bind(execution).bind(position)).await
}
