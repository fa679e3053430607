//! How much of a project's tables and files is kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use windlass_errors::Code;
use windlass_hosting::StepFailure;
use windlass_store::StoreError;

use crate::Engine;

/// Adding up everything takes a while in a large project; it is not done for each step.
const FRESH: Duration = Duration::from_secs(10);

/// What projects kept when it was last added up, and what this process has added since.
#[derive(Default)]
pub struct Quota(Mutex<BTreeMap<String, (Instant, u64)>>);

impl Engine {
    /// Whether a project may keep so many more bytes; the failure of a step when it may not.
    pub(crate) async fn keep(&self, project: &str, more: u64) -> Result<Result<(), StepFailure>, StoreError> {
        let limit = self.settings.limits.project_artifacts_bytes;
        let known = self.quota.known(project);
        let kept = match known {
            Some(kept) => kept,
            None => u64::try_from(self.store.artifact_bytes(project).await?).unwrap_or_default(),
        };
        self.quota.set(project, kept.saturating_add(more), known.is_none());
        if kept.saturating_add(more) <= limit {
            return Ok(Ok(()));
        }
        let code = Code::new("project.artifacts-full");
        let message = format!("project `{project}` keeps tables and files of {kept} bytes, and may keep {limit}");
        let help = "remove old executions (`windlass execution prune`), or raise `limits.projectArtifacts`";
        Ok(Err(StepFailure { code, message, help: Some(help.to_owned()), cut_off: true }))
    }
}

impl Quota {
    fn known(&self, project: &str) -> Option<u64> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(project).filter(|(at, _)| at.elapsed() < FRESH).map(|(_, kept)| *kept)
    }

    fn set(&self, project: &str, kept: u64, is_fresh: bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known.get(project).map_or_else(Instant::now, |(at, _)| *at);
        known.insert(project.to_owned(), (if is_fresh { Instant::now() } else { at }, kept));
    }
}
