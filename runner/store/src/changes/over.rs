//! What follows the end of an execution.

use uuid::Uuid;

use crate::db::{self, Connection, FromRow, Row, sql};

/// What an execution that has just ended had.
pub(crate) struct Over {
    had_secrets: bool,
    /// Whether it had gone on after an interruption or a reopening.
    had_resumed: bool,
}

/// What the statement that ends an execution returns.
macro_rules! returning_over {
    () => {
        " RETURNING has_secrets, resume"
    };
}
pub(crate) use returning_over;

/// Forgets what was typed for it; what its interrupted steps had begun outside and no later one took over is to be ended.
/// `over` is `None` when it did not end. Returns how many ended.
pub(crate) async fn over(db: &mut Connection, execution: Uuid, over: Option<Over>) -> db::Result<u64> {
    const FORGET: &str = "DELETE FROM execution_secret WHERE execution = $1";
    const ABANDON: &str = "UPDATE step_execution SET abandon = checkpoint, checkpoint = NULL WHERE execution = $1 \
                           AND state = 'interrupted' AND called_with IS NOT NULL AND checkpoint IS NOT NULL";
    let Some(Over { had_secrets, had_resumed }) = over else { return Ok(0) };
    if had_secrets {
        db.execute(sql(FORGET).bind(execution)).await?;
    }
    if had_resumed {
        db.execute(sql(ABANDON).bind(execution)).await?;
    }
    Ok(1)
}

impl FromRow for Over {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self { had_secrets: row.get("has_secrets")?, had_resumed: row.get("resume")? })
    }
}
