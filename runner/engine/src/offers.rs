//! The allowed values of options that come from elsewhere: it is asked before the options get theirs.

mod address;
mod step;

use std::sync::Arc;
use std::time::Duration;

use windlass_jobs::{Job, JobError, ValuesFrom};
use windlass_settings::ProjectName;

use crate::{Engine, EngineError};

/// How long the answer may take; somebody waits for it.
const TIME: Duration = Duration::from_secs(30);

impl Engine {
    /// The job with the allowed values of its options that come from elsewhere. Nothing is recorded.
    ///
    /// # Errors
    /// `job.invalid-option` when they cannot be had, with the reason; what is wrong with a plugin.
    pub async fn offer(&self, project: &ProjectName, job: Arc<Job>) -> Result<Arc<Job>, EngineError> {
        if job.options.iter().all(|option| option.values_from.is_none()) {
            return Ok(job);
        }
        let mut offered = Job::clone(&job);
        for option in &mut offered.options {
            let Some(from) = option.values_from.clone() else { continue };
            let values = match &from {
                ValuesFrom::Step(asked) => self.values_of_step(project, &job, &option.name, asked).await?,
                ValuesFrom::Url(address) => self.values_at(address).await,
            };
            let allowed = values.and_then(|values| option.allow(values));
            allowed.map_err(|why| unknown(&option.name, &from, &why))?;
        }
        Ok(Arc::new(offered))
    }
}

fn unknown(option: &str, from: &ValuesFrom, why: &str) -> JobError {
    JobError::Option {
        message: format!("the values of option `{option}` cannot be had from `{from}`: {why}"),
        help: "see what its `valuesFrom` asks".to_owned(),
    }
}
