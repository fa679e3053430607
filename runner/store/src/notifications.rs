use std::time::Duration;

use uuid::Uuid;

use crate::candidates::without;
use crate::db::{Statement, sql};
use crate::executions::execution_columns;
use crate::{Candidate, ExecutionRow, Store, StoreError};

/// What an execution tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// The execution to which it happened.
    pub execution: Uuid,
    /// Which of its job's notifications tells it, from 0.
    pub notification: i32,
    /// What happened, JSON.
    pub event: String,
}

impl Store {
    /// The executions that tell what happened to this one, oldest first.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn notifications_of(&self, execution: Uuid) -> Result<Vec<ExecutionRow>, StoreError> {
        const SQL: &str = concat!("SELECT ", execution_columns!(), " FROM execution WHERE notifies = $1 ORDER BY id");
        let read = self.db().fetch_all(sql(SQL).bind(execution)).await;
        read.map_err(self.unread("the notifications of an execution"))
    }

    /// At most `limit` queued executions that tell something and could be claimed `now`, the oldest first. None that needs one
    /// of what `not` lists, as for [`Self::candidates`].
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn notifying_candidates(
        &self,
        limit: i64,
        now: i64,
        not: &[String],
    ) -> Result<Vec<Candidate>, StoreError> {
        const SQL: &str = "SELECT id, project, job_key, job, resume FROM execution q \
            WHERE state = 'queued' AND notifies IS NOT NULL AND (not_before IS NULL OR not_before <= $1)/* needs */ \
            ORDER BY due_at, id LIMIT $2 + 0";
        let statement = if not.is_empty() { sql(SQL) } else { Statement::assembled(without(SQL, not.len())) };
        let statement = not.iter().fold(statement.bind(now).bind(limit), Statement::bind);
        self.db().fetch_all(statement).await.map_err(self.unread("the queue"))
    }

    /// How long the last `count` executions of a key took on average that have succeeded; none if none has.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn usual_time(&self, job_key: &str, count: i64) -> Result<Option<Duration>, StoreError> {
        const SQL: &str = "SELECT CAST(sum(took) / nullif(count(*), 0) AS BIGINT) FROM (\
            SELECT ended_at - started_at AS took FROM execution \
            WHERE job_key = $1 AND state = 'succeeded' ORDER BY id DESC LIMIT $2 + 0) latest";
        let read = self.db().fetch_optional::<Option<i64>>(sql(SQL).bind(job_key).bind(count)).await;
        let took = read.map_err(self.unread("how long executions took"))?.flatten();
        Ok(took.map(|took| Duration::from_millis(u64::try_from(took).unwrap_or(0))))
    }
}
