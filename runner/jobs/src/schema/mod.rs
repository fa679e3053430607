//! Checking a step's `with` against the schema of its step type.

mod explain;
mod holes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::cost::is_affordable;
use crate::evaluate::{Evaluated, Places};
use crate::job::JobText;
use crate::{Job, JobError, StepType};
use explain::{Explained, explain, explain_all, telling};
pub(crate) use holes::Holes;

/// The most broken rules of one step that are told.
const MOST: usize = 20;

/// The schema of a step type's configuration, compiled once for however many steps are held against it.
#[derive(Debug)]
pub struct ConfigSchema {
    schema: Value,
    validator: Result<Validator, String>,
}

impl ConfigSchema {
    /// Compiles a schema. Whether it can be used shows when something is checked.
    pub fn new(schema: &Value) -> Self {
        Self { validator: validator(schema), schema: schema.clone() }
    }

    /// Checks a step's `with`; the error names the first broken rule and its place.
    ///
    /// # Errors
    /// `job.invalid-step`
    pub fn check_with(&self, with: &Evaluated, step: &StepType, job: &Job) -> Result<(), JobError> {
        self.check(with, &step.to_string(), &job.file)
    }

    fn check(&self, with: &Evaluated, step: &str, file: &JobText) -> Result<(), JobError> {
        let validator = self.validator.as_ref().map_err(|why| unusable(why, with, step, file))?;
        if validator.is_valid(&with.value) {
            return Ok(());
        }
        let errors: Vec<ValidationError<'_>> = validator.iter_errors(&with.value).collect();
        let holes = Holes::default();
        match telling(&errors, &holes) {
            Some(error) => Err(located(explain(error, &self.schema, &holes), with, step, file)),
            None => Ok(()),
        }
    }
}

/// Checks a configuration that stands in no job: the error names the first broken rule and no place.
///
/// # Errors
/// `job.invalid-step`
pub fn check_config(config: Value, schema: &Value, step: &str) -> Result<(), JobError> {
    let nowhere = JobText::new(Path::new("with"), String::new());
    let config = Evaluated { value: config, places: Places::default(), secret_options: BTreeMap::new() };
    ConfigSchema::new(schema).check(&config, step, &nowhere)
}

/// Checks what is known of a `with` before its expressions have values: every broken rule that no value could mend.
pub(crate) fn check_outline(
    with: &Evaluated,
    holes: &Holes,
    validator: &Validator,
    schema: &Value,
    step: &StepType,
    job: &Job,
) -> Vec<JobError> {
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(&with.value).collect();
    let mut told: Vec<Explained> = Vec::new();
    for error in errors.iter().filter(|error| !holes.mend(error) && !is_consequence(error, &errors)).take(MOST) {
        for explained in explain_all(error, schema, holes) {
            if told.len() < MOST && !told.contains(&explained) {
                told.push(explained);
            }
        }
    }
    told.into_iter().map(|explained| located(explained, with, &step.to_string(), &job.file)).collect()
}

/// A validator, or why there is none.
pub(crate) fn validator(schema: &Value) -> Result<Validator, String> {
    if !is_affordable(schema) {
        return Err("its schema refers to itself too often to be used; this is a fault in the plugin".to_owned());
    }
    jsonschema::validator_for(schema)
        .map_err(|error| format!("its schema is invalid at `{}`; this is a fault in the plugin", error.instance_path()))
}

/// An error that a step type's schema cannot be used.
pub(crate) fn unusable(why: &str, with: &Evaluated, step: &str, file: &JobText) -> JobError {
    let message = format!("step type `{step}`: {why}");
    JobError::at("job.invalid-step", file.at(with.places.of_value(""), message))
}

fn located(explained: Explained, with: &Evaluated, step: &str, file: &JobText) -> JobError {
    let Explained { pointer, at_key, message, hint } = explained;
    let place = if at_key { with.places.of_key(&pointer) } else { with.places.of_value(&pointer) };
    let error = file.at(place, format!("step type `{step}`: {message}"));
    JobError::at("job.invalid-step", if let Some(hint) = hint { error.with_hint(hint) } else { error })
}

/// A key that is misspelt is also missing where it should be; that is told once.
fn is_consequence(error: &ValidationError<'_>, all: &[ValidationError<'_>]) -> bool {
    let unknown_key = |other: &ValidationError<'_>| {
        matches!(other.kind(), ValidationErrorKind::AdditionalProperties { .. })
            && other.instance_path() == error.instance_path()
    };
    matches!(error.kind(), ValidationErrorKind::Required { .. }) && all.iter().any(unknown_key)
}
