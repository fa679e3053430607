use uuid::Uuid;

use super::over::{over, returning_over};
use crate::db::{self, Connection, sql};
use crate::executions::reversed;
use crate::{Ending, ExecutionSecret, JobText, NewExecution, execution_secrets};

pub(crate) async fn queued(
    db: &mut Connection,
    execution: &NewExecution,
    secrets: &[ExecutionSecret],
) -> db::Result<u64> {
    const SQL: &str = "INSERT INTO execution (id, reversed_id, project, job, job_text, job_id, job_version, job_key, \
        concurrency, options, state, cause, queued_at, not_before, due_at, parent, parent_position, retry_of, attempt, \
        restarts, has_secrets, needs, schedule, scheduled_at, notifies, notification, event) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'queued', $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)";
    let new = execution;
    let (text, job, version) = match &new.text {
        JobText::Inline(text) => (text.as_str(), None, None),
        JobText::Stored { job, version } => ("", Some(*job), Some(*version)),
    };
    let statement = sql(SQL).bind(new.id).bind(reversed(&new.id.to_string())).bind(&new.project).bind(&new.job);
    let statement = statement.bind(text).bind(job).bind(version).bind(&new.job_key).bind(new.concurrency);
    let statement = statement.bind(&new.options).bind(new.cause.as_str()).bind(new.queued_at).bind(new.not_before);
    let statement = statement.bind(new.not_before.unwrap_or(new.queued_at));
    let statement = statement.bind(new.parent.map(|step| step.execution)).bind(new.parent.map(|step| step.position));
    let statement = statement.bind(new.retry_of).bind(new.attempt).bind(new.restarts).bind(!secrets.is_empty());
    let (schedule, due) = (new.scheduled.map(|it| it.schedule), new.scheduled.map(|it| it.at));
    let statement = statement.bind(&new.needs).bind(schedule).bind(due);
    let telling = new.telling.as_ref();
    let statement = statement.bind(telling.map(|it| it.execution)).bind(telling.map(|it| it.notification));
    let done = db.execute(statement.bind(telling.map(|it| it.event.as_str()))).await?;
    execution_secrets::insert(db, new.id, secrets).await?;
    Ok(done)
}

pub(crate) async fn claimed(
    db: &mut Connection,
    execution: Uuid,
    member: Uuid,
    fence: i64,
    at: i64,
) -> db::Result<u64> {
    const SQL: &str = "UPDATE execution SET state = 'running', member = $2, fence = $4, \
        started_at = coalesce(started_at, $3) \
        WHERE id = $1 AND state = 'queued' AND fence = $4 - 1 AND cancel_at IS NULL AND (not_before IS NULL OR not_before <= $3) \
        AND (concurrency = 0 OR concurrency > (SELECT count(*) FROM execution r \
            WHERE r.job_key = execution.job_key AND r.state = 'running' AND r.ended_at IS NULL)) \
        AND EXISTS (SELECT 1 FROM member WHERE member.id = $2)";
    db.execute(sql(SQL).bind(execution).bind(member).bind(at).bind(fence)).await
}

pub(crate) async fn ended(
    db: &mut Connection,
    execution: Uuid,
    ending: &Ending,
    outputs: Option<&str>,
) -> db::Result<u64> {
    const SQL: &str = concat!(
        "UPDATE execution SET state = $2, code = $3, reason = $4, ended_at = $5, outputs = $6 \
         WHERE id = $1 AND ((state = 'running' AND $2 <> 'skipped') \
             OR (state = 'queued' AND $2 IN ('cancelled', 'skipped', 'failed', 'timedOut'))) \
         AND NOT EXISTS (SELECT 1 FROM step_execution WHERE execution = $1 AND step_execution.state = 'running')",
        returning_over!()
    );
    if !ending.state.has_ended() {
        return Ok(0);
    }
    let statement = sql(SQL).bind(execution).bind(ending.state.as_str()).bind(&ending.code).bind(&ending.reason);
    let ended = db.fetch_optional(statement.bind(ending.at).bind(outputs)).await?;
    over(db, execution, ended).await
}

/// Cancels an execution if it is queued.
pub(crate) async fn cancelled(
    db: &mut Connection,
    execution: Uuid,
    code: &str,
    reason: &str,
    at: i64,
) -> db::Result<u64> {
    const SQL: &str = concat!(
        "UPDATE execution SET state = 'cancelled', code = $2, reason = $3, ended_at = $4 \
         WHERE id = $1 AND state = 'queued'",
        returning_over!()
    );
    let ended = db.fetch_optional(sql(SQL).bind(execution).bind(code).bind(reason).bind(at)).await?;
    over(db, execution, ended).await
}

/// Queues an execution again that has ended without success.
pub(crate) async fn reopened(
    db: &mut Connection,
    execution: Uuid,
    at: i64,
    secrets: &[ExecutionSecret],
) -> db::Result<u64> {
    const SQL: &str = "UPDATE execution SET state = 'queued', member = NULL, code = NULL, reason = NULL, ended_at = NULL, \
        outputs = NULL, cancel_at = NULL, not_before = NULL, due_at = $2, resume = TRUE, has_secrets = $3, \
        redo_before = (SELECT coalesce(max(position) + 1, 0) FROM step_execution WHERE execution = $1) \
        WHERE id = $1 AND state IN ('failed', 'timedOut', 'cancelled', 'interrupted')";
    let done = db.execute(sql(SQL).bind(execution).bind(at).bind(!secrets.is_empty())).await?;
    if done > 0 {
        execution_secrets::insert(db, execution, secrets).await?;
    }
    Ok(done)
}
