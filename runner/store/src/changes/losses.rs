//! What is done with the executions of a member that is lost.

use uuid::Uuid;

use super::over::{over, returning_over};
use crate::db::{self, Connection, sql};

/// Who is lost, and how it is told.
pub(crate) struct Loss<'a> {
    pub(crate) member: Option<Uuid>,
    pub(crate) at: i64,
    pub(crate) code: &'a str,
    pub(crate) reason: &'a str,
}

pub(crate) async fn interrupted(db: &mut Connection, execution: Uuid, loss: &Loss<'_>) -> db::Result<u64> {
    const SQL: &str = concat!(
        "UPDATE execution SET state = 'interrupted', code = $3, reason = $4, ended_at = $5 \
         WHERE id = $1 AND state = 'running' AND member IS NOT DISTINCT FROM $2",
        returning_over!()
    );
    let statement = sql(SQL).bind(execution).bind(loss.member).bind(loss.code).bind(loss.reason).bind(loss.at);
    let Some(ended) = db.fetch_optional(statement).await? else { return Ok(0) };
    interrupt_steps(db, END, execution, loss).await?;
    over(db, execution, Some(ended)).await
}

pub(crate) async fn requeued(db: &mut Connection, execution: Uuid, loss: &Loss<'_>) -> db::Result<u64> {
    const GO_ON: &str = "UPDATE execution SET state = 'queued', member = NULL, resume = TRUE \
        WHERE id = $1 AND state = 'running' AND member IS NOT DISTINCT FROM $2 AND cancel_at IS NULL";
    const STOP: &str = concat!(
        "UPDATE execution SET state = 'cancelled', code = $3, reason = $4, ended_at = $5 \
         WHERE id = $1 AND state = 'running' AND member IS NOT DISTINCT FROM $2",
        returning_over!()
    );
    if db.execute(sql(GO_ON).bind(execution).bind(loss.member)).await? > 0 {
        return interrupt_steps(db, KEEP, execution, loss).await;
    }
    let statement = sql(STOP).bind(execution).bind(loss.member).bind(loss.code).bind(loss.reason).bind(loss.at);
    let Some(ended) = db.fetch_optional(statement).await? else { return Ok(0) };
    interrupt_steps(db, END, execution, loss).await?;
    over(db, execution, Some(ended)).await
}

/// Steps that are queued come from a Windlass that recorded all steps when an execution was made.
macro_rules! interrupt {
    ($($checkpoints:literal)*) => {
        concat!(
            "UPDATE step_execution SET code = $2, reason = $3, ended_at = $4, ",
            $($checkpoints,)*
            "state = CASE state WHEN 'running' THEN 'interrupted' ELSE 'skipped' END \
             WHERE execution = $1 AND state IN ('running', 'queued')"
        )
    };
}

/// Somebody may go on from their checkpoints.
const KEEP: &str = interrupt!("called_with = CASE WHEN checkpoint IS NOT NULL THEN called_with END, ");
/// Nobody does. Those of a Windlass that did not record how it called its plugins cannot be abandoned.
const END: &str = interrupt!(
    "abandon = CASE WHEN called_with IS NOT NULL THEN checkpoint END, "
    "checkpoint = CASE WHEN called_with IS NULL THEN checkpoint END, "
    "called_with = CASE WHEN checkpoint IS NOT NULL THEN called_with END, "
);

async fn interrupt_steps(db: &mut Connection, text: &'static str, execution: Uuid, loss: &Loss<'_>) -> db::Result<u64> {
    db.execute(sql(text).bind(execution).bind(loss.code).bind(loss.reason).bind(loss.at)).await?;
    Ok(1)
}
