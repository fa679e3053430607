//! Removing what is older or more than the configuration keeps, in small pieces beside everything else.

use std::time::Duration;

use windlass_store::{Prune, State, StoreError};

use crate::Engine;

/// Executions that are looked for at a time.
const EXECUTIONS: i64 = 1000;
/// Records of due times that are removed at a time.
const DUE_TIMES: i64 = 1000;
/// Versions of jobs that are removed at a time.
const VERSIONS: i64 = 100;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retired {
    /// Executions with all that belongs to them.
    pub executions: u64,
    /// Versions of stored jobs.
    pub job_versions: u64,
    /// Records of due times.
    pub due_times: u64,
}

impl Engine {
    /// Removes what is no longer to be kept: executions, and then versions of jobs that were replaced as long ago as a good
    /// execution is kept and that no execution which is kept has run.
    ///
    /// # Errors
    /// `store.unavailable`; what was removed until then is gone.
    pub async fn retire(&self) -> Result<Retired, StoreError> {
        let retention = &self.settings.retention;
        // A server whose own clock is wrong removes nothing for it.
        let now = self.store.now().await?;
        let before = |age: Duration| now.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let good = vec![State::Succeeded, State::Skipped];
        let bad = vec![State::Failed, State::TimedOut, State::Cancelled, State::Interrupted];
        let all = Prune { unless_others_do: true, ..Prune::default() };
        let rules = [
            Prune { states: good, ended_before: Some(before(retention.max_age)), ..all.clone() },
            Prune { states: bad, ended_before: Some(before(retention.failed_max_age)), ..all.clone() },
            Prune { keep_newest: Some(retention.max_count.into()), ..all },
        ];
        let mut retired = Retired::default();
        for rule in &rules {
            loop {
                let pruned = self.store.prune(rule, EXECUTIONS).await?.executions.len();
                retired.executions += u64::try_from(pruned).unwrap_or(u64::MAX);
                if pruned == 0 {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        loop {
            let pruned = self.store.prune_firings(before(retention.failed_max_age), DUE_TIMES).await?;
            retired.due_times += pruned;
            if pruned == 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        let replaced_before = before(retention.max_age);
        loop {
            let pruned = self.store.prune_job_versions(replaced_before, VERSIONS).await?;
            retired.job_versions += pruned;
            if pruned == 0 {
                return Ok(retired);
            }
            tokio::task::yield_now().await;
        }
    }
}
