//! Checking a step's `with` against the schema of its step type.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;
use windlass_errors::nearest_hint;
use windlass_settings::yaml::Position;

use crate::JobError;
use crate::evaluate::{Evaluated, escape};
use crate::job::JobText;

/// Checks `with`; the error names the first broken rule and its place.
pub(crate) fn check(with: &Evaluated, schema: &Value, step: &str, file: &JobText) -> Result<(), JobError> {
    let validator = jsonschema::validator_for(schema).map_err(|error| {
        JobError::at("job.invalid-step", file.at(at(with, ""), format!("the schema of `{step}` is invalid: {error}")))
    })?;
    let Some(error) = validator.iter_errors(&with.value).next() else { return Ok(()) };
    let (pointer, message, hint) = explain(&error, schema);
    let place = file.at(at(with, &pointer), format!("step type `{step}`: {message}"));
    Err(JobError::at("job.invalid-step", if let Some(hint) = hint { place.with_hint(hint) } else { place }))
}

/// The place of the pointer, or of the nearest thing around it.
fn at(with: &Evaluated, pointer: &str) -> Position {
    let mut pointer = pointer;
    loop {
        if let Some(place) = with.places.get(pointer) {
            return *place;
        }
        match pointer.rfind('/') {
            Some(end) => pointer = &pointer[..end],
            None => return Position { line: 1, column: 1 },
        }
    }
}

/// Pointer, message and hint of a broken rule. The value itself is left out: it may be long, or a secret.
fn explain(error: &ValidationError<'_>, schema: &Value) -> (String, String, Option<String>) {
    let pointer = error.instance_path().to_string();
    let what = if pointer.is_empty() { "`with`".to_owned() } else { format!("`{}`", dotted(&pointer)) };
    let message = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let key = unexpected.first().map(String::as_str).unwrap_or_default();
            let known = error.schema_path().to_string();
            let known = properties(schema, known.trim_end_matches("/additionalProperties"));
            let hint = nearest_hint(key, known.iter().map(String::as_str));
            return (format!("{pointer}/{}", escape(key)), format!("there is no key `{key}` in {what}"), Some(hint));
        }
        ValidationErrorKind::Required { property } => {
            format!("the key `{}` is missing in {what}", property.as_str().unwrap_or_default())
        }
        ValidationErrorKind::Type { kind } => format!("{what} has the wrong type, expected {}", expected(kind)),
        ValidationErrorKind::MinItems { limit } => format!("{what} needs at least {limit} items"),
        ValidationErrorKind::MaxItems { limit } => format!("{what} may have at most {limit} items"),
        ValidationErrorKind::MinLength { limit } => format!("{what} needs at least {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("{what} may have at most {limit} characters"),
        ValidationErrorKind::Minimum { limit } => format!("{what} must be at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("{what} must be at most {limit}"),
        _ => format!("{what}: {}", error.masked()),
    };
    (pointer, message, None)
}

fn expected(kind: &jsonschema::error::TypeKind) -> String {
    match kind {
        jsonschema::error::TypeKind::Single(kind) => format!("`{kind}`"),
        jsonschema::error::TypeKind::Multiple(kinds) => {
            let names: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
            names.join(" or ")
        }
    }
}

fn properties(schema: &Value, pointer: &str) -> Vec<String> {
    let properties = schema.pointer(pointer).and_then(|object| object.get("properties")).and_then(Value::as_object);
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn explained(with: &Value) -> (String, String, Option<String>) {
        let schema = json!({
            "type": "object",
            "properties": {
                "limit": { "type": "integer", "minimum": 1 },
                "range": { "$ref": "#/$defs/Range" },
            },
            "required": ["limit"],
            "additionalProperties": false,
            "$defs": { "Range": { "type": "object", "properties": { "past": {} }, "additionalProperties": false } },
        });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let error = validator.iter_errors(with).next().unwrap();
        explain(&error, &schema)
    }

    #[test]
    fn an_unknown_key_comes_with_the_nearest() {
        let (pointer, message, hint) = explained(&json!({ "limit": 1, "rnage": {} }));
        assert_eq!(pointer, "/rnage");
        assert_eq!(message, "there is no key `rnage` in `with`");
        assert_eq!(hint.as_deref(), Some("did you mean `range`?"));
    }

    #[test]
    fn a_broken_rule_never_shows_the_value() {
        assert_eq!(explained(&json!({ "limit": "hunter2" })).1, "`limit` has the wrong type, expected `integer`");
        assert_eq!(explained(&json!({ "limit": 0 })).1, "`limit` must be at least 1");
        assert_eq!(explained(&json!({})).1, "the key `limit` is missing in `with`");
    }

    #[test]
    fn a_key_below_is_named_with_its_path() {
        let (pointer, message, hint) = explained(&json!({ "limit": 1, "range": { "pst": "1h" } }));
        assert_eq!((pointer.as_str(), message.as_str()), ("/range/pst", "there is no key `pst` in `range`"));
        assert_eq!(hint.as_deref(), Some("did you mean `past`?"));
    }
}
