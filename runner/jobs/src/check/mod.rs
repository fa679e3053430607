//! What can be said of a job before it runs, without the values of its options.
//!
//! All of it is told at once. What depends on a value is left to the run: an expression in `with` is a hole, and only what
//! no value of it could mend is an error.

mod calendars;
mod configuration;
mod jobs;
mod known;
mod notifications;
mod outputs;
mod places;
mod references;
mod repeat;
mod scope;
mod texts;
mod walk;

use std::collections::HashMap;

use jsonschema::Validator;
use windlass_settings::ProjectName;
use windlass_settings::yaml::Position;

pub use known::Known;
pub use places::said_twice;

use crate::expression::ExpressionError;
use crate::{Job, JobError, JobErrors, OptionKind, StepType};

/// Everything that is wrong with a job in the light of the step types and jobs that it uses, in the order of the file; at
/// most [`JobErrors::MOST`] things.
pub fn check(job: &Job, project: &ProjectName, known: &Known<'_>) -> Vec<JobError> {
    let mut check = Check { job, project, known, errors: Vec::new(), validators: HashMap::new() };
    check.options();
    check.calendars();
    check.all_steps();
    check.job_outputs();
    check.notifications();
    check.repeatable();
    let mut errors = check.errors;
    errors.sort_by_key(JobError::place);
    errors.truncate(JobErrors::MOST);
    errors
}

/// A job that is being checked, and what was found.
struct Check<'a> {
    job: &'a Job,
    project: &'a ProjectName,
    known: &'a Known<'a>,
    errors: Vec<JobError>,
    /// Validators of step types, or why there are none.
    validators: HashMap<StepType, Result<Validator, String>>,
}

impl<'a> Check<'a> {
    /// Whether enough is wrong.
    fn is_full(&self) -> bool {
        self.errors.len() >= JobErrors::MOST
    }

    fn wrong(&mut self, code: &'static str, at: Position, message: impl Into<String>, hint: Option<String>) {
        let error = self.job.file.at(at, message);
        self.tell(JobError::at(code, if let Some(hint) = hint { error.with_hint(hint) } else { error }));
    }

    fn tell(&mut self, error: JobError) {
        if !self.is_full() {
            self.errors.push(error);
        }
    }

    fn wrong_expression(&mut self, at: Position, error: ExpressionError) {
        self.wrong(error.code, at, error.message, error.hint);
    }

    fn is_secret(&self, option: &str) -> bool {
        self.job.option(option).is_some_and(|option| option.kind == OptionKind::Secret)
    }

    /// Keys of secret options, and where values are asked for.
    fn options(&mut self) {
        let job: &'a Job = self.job;
        for option in &job.options {
            if let Some(Err(error)) = option.key.as_ref().map(|key| crate::own_key(key, self.project, job, option.at)) {
                self.errors.push(error);
            }
            if let Some(source) = &option.values_from {
                self.values_source(source, option.at);
            }
        }
    }
}

#[cfg(test)]
mod tests;
