use uuid::Uuid;

use crate::db::sql;
use crate::{Store, StoreError};

const WHAT: &str = "a schedule";

impl Store {
    /// Pauses a schedule: no time is due until it goes on. What has come already and has no record yet is not recorded.
    /// Returns whether it was not paused before.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn pause_schedule(&self, schedule: Uuid, at: i64) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE schedule SET paused_at = $2, next_at = NULL WHERE id = $1 AND paused_at IS NULL";
        let change =
            self.db().change(move |db| Box::pin(async move { db.execute(sql(SQL).bind(schedule).bind(at)).await }));
        Ok(change.await.map_err(self.unwritten(WHAT))? > 0)
    }

    /// Lets a paused schedule go on, due at `next_at` first. Returns whether it was paused and still has the definition
    /// of this version of the job.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn resume_schedule(
        &self,
        schedule: Uuid,
        version: i64,
        next_at: Option<i64>,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE schedule SET paused_at = NULL, next_at = $3 \
                           WHERE id = $1 AND version = $2 AND paused_at IS NOT NULL AND removed_at IS NULL";
        let change = self.db().change(move |db| {
            Box::pin(async move { db.execute(sql(SQL).bind(schedule).bind(version).bind(next_at)).await })
        });
        Ok(change.await.map_err(self.unwritten(WHAT))? > 0)
    }
}
