//! Schedules whose times have all passed.

use windlass_jobs::{Job, JobError, JobSchedule};
use windlass_settings::ProjectName;
use windlass_store::Store;

use crate::{EngineError, schedules};

/// What is wrong with the schedules of a job file that have no time to come, in their order. Nothing is said of one that is
/// switched off, and of one that is stored as it is: its times have passed since, and the file is still the one that was applied.
///
/// # Errors
/// `store.unavailable`
pub async fn never_due(job: &Job, project: &ProjectName, store: &Store) -> Result<Vec<JobError>, EngineError> {
    let read = job.schedules.iter().zip(schedules::of_job(job, store.now().await?));
    let mut past: Vec<_> = read.filter(|(schedule, new)| schedule.enabled && new.next_at.is_none()).collect();
    if past.is_empty() {
        return Ok(Vec::new());
    }
    let identity = job.identity();
    if let Some(row) = store.jobs(project.as_str()).await?.into_iter().find(|row| row.identity == identity) {
        let stored = store.schedules_of(row.id).await?;
        past.retain(|(_, new)| !stored.iter().any(|row| row.name == new.name && row.definition == new.definition));
    }
    Ok(past.into_iter().map(|(schedule, _)| error(job, schedule)).collect())
}

fn error(job: &Job, schedule: &JobSchedule) -> JobError {
    let message = format!("the schedule `{}` is never due: all of its times have passed", schedule.name);
    let hint = "give it a time to come, or take it out; with `enabled: false` it may stay";
    job.error("job.never-due", schedule.at, message).or_hint(hint)
}
