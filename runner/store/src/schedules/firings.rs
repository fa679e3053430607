use uuid::Uuid;

use crate::db::{self, FromRow, Row, sql};
use crate::{FiringOutcome, Store, StoreError};

/// What became of a due time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiringRow {
    /// The schedule's name.
    pub name: String,
    /// The due time; of several that were missed the first.
    pub due_at: i64,
    /// The last of several.
    pub last_at: i64,
    /// How many due times it stands for.
    pub times: i64,
    /// What was done.
    pub outcome: FiringOutcome,
    /// The execution that was queued, or skipped.
    pub execution: Option<Uuid>,
    /// Why the job was not started.
    pub code: Option<String>,
    /// For people.
    pub reason: Option<String>,
    /// When it was recorded.
    pub recorded_at: i64,
}

impl Store {
    /// The newest records of the schedules of a job, also of those that it no longer has; newest first.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn firings_of(&self, job: Uuid, limit: i64) -> Result<Vec<FiringRow>, StoreError> {
        const SQL: &str = "SELECT s.name, f.due_at, f.last_at, f.times, f.outcome, f.execution, f.code, f.reason, f.recorded_at \
            FROM firing f JOIN schedule s ON s.id = f.schedule WHERE s.job = $1 ORDER BY f.due_at DESC, s.name LIMIT $2 + 0";
        self.db().fetch_all(sql(SQL).bind(job).bind(limit)).await.map_err(self.unread("what was due"))
    }

    /// Removes records of due times that were made before, at most `batch`; returns how many. A schedule that its job no longer
    /// has goes with its last record.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn prune_firings(&self, recorded_before: i64, batch: i64) -> Result<u64, StoreError> {
        const FIRINGS: &str = "DELETE FROM firing WHERE (schedule, due_at) IN \
            (SELECT schedule, due_at FROM firing WHERE recorded_at < $1 ORDER BY recorded_at LIMIT $2 + 0)";
        const SCHEDULES: &str = "DELETE FROM schedule WHERE removed_at < $1 \
                                 AND NOT EXISTS (SELECT 1 FROM firing WHERE firing.schedule = schedule.id)";
        let pruned = self.db().change(move |db| {
            Box::pin(async move {
                let removed = db.execute(sql(FIRINGS).bind(recorded_before).bind(batch)).await?;
                if removed > 0 {
                    db.execute(sql(SCHEDULES).bind(recorded_before)).await?;
                }
                Ok(removed)
            })
        });
        pruned.await.map_err(self.unwritten("the removal of records of due times"))
    }
}

impl FromRow for FiringRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            due_at: row.get("due_at")?,
            last_at: row.get("last_at")?,
            times: row.get("times")?,
            outcome: row.word("outcome")?,
            execution: row.get("execution")?,
            code: row.get("code")?,
            reason: row.get("reason")?,
            recorded_at: row.get("recorded_at")?,
        })
    }
}
