use serde_json::{Map, Number, Value};
use windlass_errors::nearest_hint;

use crate::{Job, JobError, OptionKind, OptionSpec};

/// The values of a job's options: each option of the job has one, null when it is optional and nothing was given.
pub type Options = Map<String, Value>;

/// Gives the job's options values: what was given as text, else the default.
///
/// # Errors
/// `job.invalid-option`, when an option is unknown, given twice, missing, or its value is not allowed.
pub fn bind(job: &Job, given: &[(String, String)]) -> Result<Options, JobError> {
    for (position, (name, _)) in given.iter().enumerate() {
        if !job.options.iter().any(|option| option.name == *name) {
            let hint = nearest_hint(name, job.options.iter().map(|option| option.name.as_str()));
            return Err(JobError::option(format!("job `{}` has no option `{name}`", job.name), hint));
        }
        if given[..position].iter().any(|(before, _)| before == name) {
            return Err(JobError::option(format!("option `{name}` is given twice"), "give it once"));
        }
    }
    let value = |option: &OptionSpec| {
        let given = given.iter().find(|(name, _)| *name == option.name).map(|(_, text)| text.as_str());
        Ok((option.name.clone(), bind_one(option, given)?))
    };
    job.options.iter().map(value).collect()
}

fn bind_one(option: &OptionSpec, given: Option<&str>) -> Result<Value, JobError> {
    let Some(text) = given else {
        return match &option.default {
            Some(value) => Ok(value.clone()),
            None if option.required => Err(JobError::option(
                format!("option `{}` is required", option.name),
                format!("give it with `--option {}=...`", option.name),
            )),
            None => Ok(Value::Null),
        };
    };
    let refused = |why: String| JobError::option(format!("option `{}`: {why}", option.name), allowed(option));
    let value = read(option, text).ok_or_else(|| refused(format!("`{text}` is no {}", option.kind.word())))?;
    fits(option, &value).map_err(refused)?;
    Ok(value)
}

fn read(option: &OptionSpec, text: &str) -> Option<Value> {
    match option.kind {
        OptionKind::Text => Some(Value::String(text.to_owned())),
        OptionKind::Number => number(text),
        OptionKind::Boolean => text.parse().ok().map(Value::Bool),
        // The values of a choice may be numbers or booleans too; their text chooses them.
        OptionKind::Choice => {
            Some(option.values.iter().find(|value| as_text(value) == text).cloned().unwrap_or_else(|| text.into()))
        }
    }
}

fn number(text: &str) -> Option<Value> {
    let whole = text.parse::<i64>().ok().map(Number::from);
    whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64)).map(Value::Number)
}

/// Whether a value may be an option's value; the error is the reason.
pub(crate) fn fits(option: &OptionSpec, value: &Value) -> Result<(), String> {
    of_kind(option.kind, value)?;
    if !option.values.is_empty() && !option.values.contains(value) {
        return Err(format!("`{}` is none of the allowed values", as_text(value)));
    }
    Ok(())
}

/// Whether a value is of a kind; the error is the reason.
pub(crate) fn of_kind(kind: OptionKind, value: &Value) -> Result<(), String> {
    let of_kind = match kind {
        OptionKind::Text => value.is_string(),
        OptionKind::Number => value.is_number(),
        OptionKind::Boolean => value.is_boolean(),
        OptionKind::Choice => !value.is_null(),
    };
    if of_kind { Ok(()) } else { Err(format!("a {} belongs here", kind.word())) }
}

fn allowed(option: &OptionSpec) -> String {
    if option.values.is_empty() {
        return match option.kind {
            OptionKind::Boolean => "write `true` or `false`".to_owned(),
            kind => format!("give a {}", kind.word()),
        };
    }
    let values: Vec<String> = option.values.iter().map(as_text).collect();
    format!("allowed are: `{}`", values.join("`, `"))
}

pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
