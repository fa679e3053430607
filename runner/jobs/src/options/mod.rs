//! The values of a job's options.

mod bound;
mod date;
mod file;
mod kinds;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};
use windlass_errors::nearest_hint;
use windlass_settings::ProjectName;

pub(crate) use bound::not_own;
pub use bound::{Bound, Given, Options, SecretOption};
pub use file::read_file_option;
pub(crate) use kinds::{fits, of_kind, same};

use crate::job::OptionKind;
use crate::{Job, JobError, OptionSpec};

/// So many allowed values are listed to who gave another one.
const LISTED: usize = 20;

/// Gives the job's options values: what was given, else the default.
///
/// An option with `valuesFrom` takes any value, unless the answer was [allowed](OptionSpec::allow).
///
/// # Errors
/// `job.invalid-option`, when an option is unknown, given twice, missing, or its value is not allowed; `key.not-permitted`,
/// when a secret is the key of the system or of another project.
pub fn bind(job: &Job, project: &ProjectName, given: &[(String, Given)]) -> Result<Bound, JobError> {
    for (position, (name, _)) in given.iter().enumerate() {
        if job.option(name).is_none() {
            let hint = nearest_hint(name, job.options.iter().map(|option| option.name.as_str()));
            return Err(JobError::option(format!("job `{}` has no option `{name}`", job.name), hint));
        }
        if given[..position].iter().any(|(before, _)| before == name) {
            return Err(JobError::option(format!("option `{name}` is given twice"), "give it once"));
        }
    }
    let mut bound = Bound { values: Map::new(), secrets: Default::default() };
    for option in &job.options {
        let given = given.iter().find(|(name, _)| *name == option.name).map(|(_, given)| given);
        if option.kind == OptionKind::Secret {
            bound.secrets.extend(secret(option, given)?.map(|secret| (option.name.clone(), secret)));
            bound.values.insert(option.name.clone(), Value::Null);
        } else {
            bound.values.insert(option.name.clone(), value(option, given)?);
        }
    }
    bound.of(project)
}

fn value(option: &OptionSpec, given: Option<&Given>) -> Result<Value, JobError> {
    let refused = |why: String| JobError::option(format!("option `{}`: {why}", option.name), allowed(option));
    let value = match given {
        Some(Given::Text(text)) => {
            kinds::read(option, text).ok_or_else(|| refused(format!("`{text}` is no {}", option.kind.noun())))?
        }
        // An expression without a value, in a reference to this job.
        Some(Given::Value(Value::Null)) | None => return without(option),
        Some(Given::Value(value)) => same(option, value),
        Some(Given::Secret(_)) => {
            let message = format!("option `{}` is no secret, and a secret is given for it", option.name);
            return Err(JobError::option(message, "give the option `type: secret`"));
        }
    };
    fits(option, &value).map_err(refused)?;
    Ok(value)
}

/// What an option is when nothing was given.
fn without(option: &OptionSpec) -> Result<Value, JobError> {
    match &option.default {
        Some(value) => Ok(value.clone()),
        None if option.required => Err(missing(option)),
        None => Ok(Value::Null),
    }
}

fn secret(option: &OptionSpec, given: Option<&Given>) -> Result<Option<SecretOption>, JobError> {
    let typed = match given {
        Some(Given::Secret(secret)) => return Ok(Some(secret.clone())),
        Some(Given::Text(text)) => text,
        // A value in a job file would stand there in clear.
        Some(Given::Value(value)) if !value.is_null() => {
            let message = format!("option `{}` is a secret, and its value is given in clear", option.name);
            return Err(JobError::option(
                message,
                "pass on a secret option, or leave it out and give the option a `key`",
            ));
        }
        _ => match &option.key {
            Some(key) => return Ok(Some(SecretOption::Key(key.clone()))),
            None if option.required => return Err(missing(option)),
            None => return Ok(None),
        },
    };
    kinds::text_fits(option, typed).map_err(|why| {
        JobError::option(format!("option `{}`: {why}", option.name), "a secret is not shown; give another one")
    })?;
    Ok(Some(SecretOption::Typed(typed.clone().into())))
}

fn missing(option: &OptionSpec) -> JobError {
    let give = match option.kind {
        OptionKind::File => format!("give it with `--option {}=@FILE`", option.name),
        _ => format!("give it with `--option {}=...`", option.name),
    };
    JobError::option(format!("option `{}` is required", option.name), give)
}

/// What could have been given.
fn allowed(option: &OptionSpec) -> String {
    if !option.values.is_empty() {
        let values: Vec<String> = option.values.iter().take(LISTED).map(crate::job::scalar_text).collect();
        let more = option.values.len() - values.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return format!("allowed are: `{}`{more}", values.join("`, `"));
    }
    match (option.kind, &option.pattern) {
        (_, Some(pattern)) => format!("a value matches `{pattern}`"),
        (OptionKind::Boolean, _) => "write `true` or `false`".to_owned(),
        (OptionKind::Date, _) => "write `2026-11-26` or `2026-11-26T08:30:00Z`".to_owned(),
        (OptionKind::List, _) => "write `a,b` or `[\"a\", \"b\"]`".to_owned(),
        (kind, _) => format!("give a {}", kind.noun()),
    }
}
