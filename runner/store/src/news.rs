use uuid::Uuid;

use crate::db::{self, FromRow, Row, sql};
use crate::{Store, StoreError};

/// What a server that was woken looks for, read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// When the next queued execution may begin that has to wait for its time.
    pub next_due: Option<i64>,
    /// Whether the member was asked to take nothing new; nothing when the database does not know it.
    pub draining: Option<bool>,
    /// Whether executions that it runs were asked to stop: [`Store::cancel_requests`].
    pub cancels: bool,
}

impl Store {
    /// What is new for a member.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn news(&self, member: Uuid, now: i64) -> Result<News, StoreError> {
        const SQL: &str = "SELECT (SELECT not_before FROM execution WHERE state = 'queued' AND parent IS NULL \
                AND not_before IS NOT NULL AND not_before > $2 ORDER BY not_before LIMIT 1) AS next_due, \
            (SELECT draining FROM member WHERE id = $1) AS draining, \
            EXISTS (SELECT 1 FROM execution WHERE state = 'running' AND ended_at IS NULL AND member = $1 \
                AND cancel_at IS NOT NULL) AS cancels";
        self.db().fetch_one(sql(SQL).bind(member).bind(now)).await.map_err(self.unread("what is new"))
    }
}

impl FromRow for News {
    fn from_row(row: &Row<'_>) -> db::Result<Self> {
        Ok(Self { next_due: row.get("next_due")?, draining: row.get("draining")?, cancels: row.get("cancels")? })
    }
}
