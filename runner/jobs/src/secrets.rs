//! Secrets in a step's `with`, and fields that are passed on as they stand.

use std::collections::BTreeMap;

use serde_json::Value;
use windlass_plugin_api::fields::{SECRET, VERBATIM};
use windlass_settings::yaml::Position;
use windlass_settings::{KeyPath, ProjectName};

use crate::evaluate::{Evaluated, at};
use crate::expression::ExpressionError;
use crate::marks::marked;
use crate::options::not_own;
use crate::tree::{Node, Tree};
use crate::{Job, JobError};

/// Where the text of a secret field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A key of the project.
    Key(KeyPath),
    /// A secret option, by name.
    Option(String),
}

/// The secrets that a step's `with` names, by the JSON pointer of the field.
///
/// # Errors
/// `key.invalid-path`; `key.not-permitted` for the key of the system or of another project; `job.secret-misplaced` for a
/// secret option in a field that takes no secret.
pub fn secret_fields(
    with: &Evaluated,
    schema: &Value,
    project: &ProjectName,
    job: &Job,
) -> Result<BTreeMap<String, SecretSource>, JobError> {
    let mut found = BTreeMap::new();
    for pointer in marked(schema, &with.value, SECRET) {
        if let Some(option) = with.secret_options.get(&pointer) {
            found.insert(pointer, SecretSource::Option(option.clone()));
            continue;
        }
        let place = with.places.of_value(&pointer);
        let text = with.value.pointer(&pointer).and_then(Value::as_str).unwrap_or_default();
        let path = KeyPath::parse(text).map_err(|why| job.error("key.invalid-path", place, why))?;
        own_key(&path, project, job, place)?;
        found.insert(pointer, SecretSource::Key(path));
    }
    match with.secret_options.iter().find(|(pointer, _)| !found.contains_key(*pointer)) {
        Some((pointer, option)) => {
            Err(at(ExpressionError::misplaced(option), &job.file, with.places.of_value(pointer)))
        }
        None => Ok(found),
    }
}

/// Whether a step of the project may read the key that something at this place of the job names.
///
/// # Errors
/// `key.not-permitted` for the key of the system or of another project.
pub fn own_key(path: &KeyPath, project: &ProjectName, job: &Job, place: Position) -> Result<(), JobError> {
    let Some((message, hint)) = not_own(path, project) else { return Ok(()) };
    Err(job.error("key.not-permitted", place, message).or_hint(hint))
}

/// Refuses expressions in a field that is passed on as it is, such as the text of a script.
///
/// # Errors
/// `job.invalid-step`
pub fn verbatim(with: &Tree, schema: &Value, job: &Job) -> Result<(), JobError> {
    marked(schema, &with.raw(), VERBATIM).iter().try_for_each(|pointer| verbatim_at(with, pointer, job))
}

/// The same for one field.
pub(crate) fn verbatim_at(with: &Tree, pointer: &str, job: &Job) -> Result<(), JobError> {
    match with.at(pointer) {
        Some(Tree { position, node: Node::Text(text) }) if text.contains("${{") => {
            let message = "a script is not filled in: a value could change what it does";
            let hint = "pass the value by `env` and use the variable";
            Err(job.error("job.invalid-step", *position, message).or_hint(hint))
        }
        _ => Ok(()),
    }
}
