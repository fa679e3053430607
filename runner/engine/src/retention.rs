//! Removing executions that are older or more than the configuration keeps, in small pieces beside everything else.

use std::time::Duration;

use windlass_store::{Prune, State, StoreError};

use crate::Engine;
use crate::recorder::now;

/// Executions that are removed at a time; whoever writes waits no longer than that takes.
const BATCH: i64 = 20;

impl Engine {
    /// Removes what is no longer to be kept; returns how many executions that were.
    ///
    /// # Errors
    /// `store.unavailable`; what was removed until then is gone.
    pub async fn retire(&self) -> Result<u64, StoreError> {
        let retention = &self.settings.retention;
        let before = |age: Duration| Some(now().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)));
        let good = vec![State::Succeeded, State::Skipped];
        let bad = vec![State::Failed, State::TimedOut, State::Cancelled, State::Interrupted];
        let rules = [
            Prune { states: good, ended_before: before(retention.max_age), ..Prune::default() },
            Prune { states: bad, ended_before: before(retention.failed_max_age), ..Prune::default() },
            Prune { keep_newest: Some(retention.max_count.into()), ..Prune::default() },
        ];
        let mut removed = 0;
        for rule in &rules {
            loop {
                let pruned = self.store.prune(rule, BATCH).await?.executions.len();
                removed += u64::try_from(pruned).unwrap_or(u64::MAX);
                if pruned == 0 {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        Ok(removed)
    }
}
