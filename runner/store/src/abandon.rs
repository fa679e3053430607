//! What interrupted steps had begun outside, and nobody goes on with.

use uuid::Uuid;

use crate::db::{self, Connection, FromRow, Row, sql};
use crate::{Store, StoreError};

/// A step whose execution has ended without it, and that had left a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToAbandon {
    /// The execution's id.
    pub execution: Uuid,
    /// Which step.
    pub position: i32,
    /// Where it is in the job, for people.
    pub path: String,
    /// Its id in the job.
    pub step: String,
    /// Its step type.
    pub uses: String,
    /// The name of the account.
    pub account: Option<String>,
    /// The checkpoint.
    pub token: String,
    /// How its plugin was called, JSON.
    pub called_with: String,
    /// The member that is at it, or was.
    pub abandoner: Option<Uuid>,
}

impl Store {
    /// At most `limit` steps that had begun something outside which is to be ended, oldest first.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn to_abandon(&self, limit: i64) -> Result<Vec<ToAbandon>, StoreError> {
        const SQL: &str = "SELECT execution, position, path, step, uses, account, abandon, called_with, abandoner \
            FROM step_execution WHERE abandon IS NOT NULL ORDER BY execution, position LIMIT $1 + 0";
        self.db().fetch_all(sql(SQL).bind(limit)).await.map_err(self.unread("what is to be abandoned"))
    }
}

pub(crate) async fn begun(
    db: &mut Connection,
    execution: Uuid,
    position: i32,
    before: Option<Uuid>,
    member: Uuid,
) -> db::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET abandoner = $4 WHERE execution = $1 AND position = $2 \
                       AND abandon IS NOT NULL AND abandoner IS NOT DISTINCT FROM $3";
    db.execute(sql(SQL).bind(execution).bind(position).bind(before).bind(member)).await
}

pub(crate) async fn ended(
    db: &mut Connection,
    execution: Uuid,
    position: i32,
    trouble: Option<&str>,
) -> db::Result<u64> {
    const SQL: &str = "UPDATE step_execution SET abandon = NULL, abandoner = NULL, called_with = NULL, \
        reason = CASE WHEN $3 IS NULL THEN reason ELSE reason || '; what it had begun could not be ended: ' || $3 END \
        WHERE execution = $1 AND position = $2 AND abandon IS NOT NULL";
    db.execute(sql(SQL).bind(execution).bind(position).bind(trouble)).await
}

impl FromRow for ToAbandon {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            execution: row.get("execution")?,
            position: row.get("position")?,
            path: row.get("path")?,
            step: row.get("step")?,
            uses: row.get("uses")?,
            account: row.get("account")?,
            token: row.get("abandon")?,
            called_with: row.get("called_with")?,
            abandoner: row.get("abandoner")?,
        })
    }
}

#[cfg(test)]
mod tests;
