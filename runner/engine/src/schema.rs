//! Checking a step's `with` against the schema of its step type.

use std::path::PathBuf;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;
use windlass_errors::nearest_hint;

use crate::JobError;
use crate::cost::is_affordable;
use crate::evaluate::{Evaluated, Places, escape};
use crate::job::JobText;

/// Checks `with`; the error names the first broken rule and its place.
pub(crate) fn check(with: &Evaluated, schema: &Value, step: &str, file: &JobText) -> Result<(), JobError> {
    let invalid = |place, message: String| file.at(place, format!("step type `{step}`: {message}"));
    let unusable =
        |why: &str| JobError::at("job.invalid-step", invalid(with.places.of_value(""), format!("its schema {why}")));
    if !is_affordable(schema) {
        return Err(unusable("refers to itself too often to be used; this is a fault in the plugin"));
    }
    let validator = jsonschema::validator_for(schema).map_err(|error| {
        unusable(&format!("is invalid at `{}`; this is a fault in the plugin", error.instance_path()))
    })?;
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(&with.value).collect();
    let Some(error) = telling(&errors) else { return Ok(()) };
    let Explained { pointer, at_key, message, hint } = explain(error, schema);
    let place = if at_key { with.places.of_key(&pointer) } else { with.places.of_value(&pointer) };
    let error = invalid(place, message);
    Err(JobError::at("job.invalid-step", if let Some(hint) = hint { error.with_hint(hint) } else { error }))
}

/// Checks a configuration that stands in no job: the error names the first broken rule and no place.
///
/// # Errors
/// `job.invalid-step`
pub fn check_config(config: Value, schema: &Value, step: &str) -> Result<(), JobError> {
    let nowhere = JobText { path: PathBuf::from("with"), text: String::new() };
    check(&Evaluated { value: config, places: Places::default() }, schema, step, &nowhere)
}

/// A broken rule. The value itself is left out: it may be long, or a secret.
#[derive(Debug, PartialEq, Eq)]
struct Explained {
    pointer: String,
    /// Whether it is the key at the pointer that is wrong, and not its value.
    at_key: bool,
    message: String,
    hint: Option<String>,
}

fn explain(error: &ValidationError<'_>, schema: &Value) -> Explained {
    let error = meant(error);
    let pointer = error.instance_path().to_string();
    let what = named(&pointer);
    let message = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let key = unexpected.first().map(String::as_str).unwrap_or_default();
            let known = error.schema_path().to_string();
            let known = properties(schema, known.trim_end_matches("/additionalProperties"));
            let hint = Some(nearest_hint(key, known.iter().map(String::as_str)));
            let message = format!("there is no key `{key}` in {what}");
            return Explained { pointer: format!("{pointer}/{}", escape(key)), at_key: true, message, hint };
        }
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            return no_alternative(pointer, context);
        }
        ValidationErrorKind::OneOfMultipleValid { .. } => excluding(error, schema),
        ValidationErrorKind::PropertyNames { error: name } => {
            let key = name.instance().as_str().unwrap_or_default().to_owned();
            let message = format!("the key `{key}` in {what} is not written as it has to be{}", pattern(name));
            return Explained { pointer: format!("{pointer}/{}", escape(&key)), at_key: true, message, hint: None };
        }
        ValidationErrorKind::Pattern { .. } => format!("{what} is not written as it has to be{}", pattern(error)),
        ValidationErrorKind::Enum { options } => return no_choice(error, options.as_array().into_iter().flatten()),
        ValidationErrorKind::Required { property } => {
            format!("the key `{}` is missing in {what}", property.as_str().unwrap_or_default())
        }
        ValidationErrorKind::Type { kind } => wrong_type(&what, types(kind)),
        ValidationErrorKind::MinItems { limit } => format!("{what} needs at least {limit} items"),
        ValidationErrorKind::MaxItems { limit } => format!("{what} may have at most {limit} items"),
        ValidationErrorKind::MinLength { limit } => format!("{what} needs at least {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("{what} may have at most {limit} characters"),
        ValidationErrorKind::Minimum { limit } => format!("{what} must be at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("{what} must be at most {limit}"),
        _ => format!("{what}: {}", error.masked()),
    };
    Explained { pointer, at_key: false, message, hint: None }
}

/// The broken rule to show. An unknown key comes first: misspelt, it is also missing where it should be.
fn telling<'e, 'a>(errors: &'e [ValidationError<'a>]) -> Option<&'e ValidationError<'a>> {
    let unknown_key =
        |error: &&ValidationError<'_>| matches!(error.kind(), ValidationErrorKind::AdditionalProperties { .. });
    errors.iter().find(unknown_key).or(errors.first())
}

/// Of alternatives, the broken rule of the one that was meant: whose tag and type fit, and which fits best.
fn meant<'e>(error: &'e ValidationError<'e>) -> &'e ValidationError<'e> {
    let (ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context }) = error.kind() else {
        return error;
    };
    let another = |rule: &ValidationError<'_>| match rule.kind() {
        ValidationErrorKind::Constant { .. } => true,
        ValidationErrorKind::Type { .. } => rule.instance_path() == error.instance_path(),
        _ => false,
    };
    let fitting = context.iter().filter(|rules| !rules.iter().any(another));
    fitting.min_by_key(|rules| rules.len()).and_then(|rules| telling(rules)).map_or(error, meant)
}

/// Keys of which each alternative wants another one, and more than one is there.
fn excluding(error: &ValidationError<'_>, schema: &Value) -> String {
    let alternatives = schema.pointer(&error.schema_path().to_string()).and_then(Value::as_array);
    let wanted = alternatives.into_iter().flatten().filter_map(|alternative| alternative["required"].as_array());
    let given = |key: &&str| error.instance().get(key).is_some();
    let keys: Vec<String> =
        wanted.flatten().filter_map(Value::as_str).filter(given).map(|key| format!("`{key}`")).collect();
    let what = named(&error.instance_path().to_string());
    match keys.as_slice() {
        [_, _, ..] => format!("{what} has {}, and only one of them may be given", keys.join(" and ")),
        _ => format!("{what} fits more than one of its alternatives"),
    }
}

/// What a text has to look like, if that is the broken rule.
fn pattern(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Pattern { pattern } => format!(": `{pattern}`"),
        _ => String::new(),
    }
}

/// Every alternative has another tag, or another type.
fn no_alternative(pointer: String, context: &[Vec<ValidationError<'static>>]) -> Explained {
    let rules = || context.iter().flatten();
    let tag = |rule: &ValidationError<'_>| matches!(rule.kind(), ValidationErrorKind::Constant { .. });
    if let Some(first) = rules().find(|rule| tag(rule)) {
        let choices = rules().filter_map(|rule| match rule.kind() {
            ValidationErrorKind::Constant { expected_value } => Some(&**expected_value),
            _ => None,
        });
        return no_choice(first, choices);
    }
    let kinds = rules().filter_map(|rule| match rule.kind() {
        ValidationErrorKind::Type { kind } => Some(types(kind)),
        _ => None,
    });
    let message = wrong_type(&named(&pointer), kinds.flatten());
    Explained { pointer, at_key: false, message, hint: None }
}

/// A value that is none of the choices, with the nearest of them.
fn no_choice<'a>(error: &ValidationError<'_>, choices: impl Iterator<Item = &'a Value>) -> Explained {
    let pointer = error.instance_path().to_string();
    let choices: Vec<&str> = choices.filter_map(Value::as_str).collect();
    let hint = nearest_hint(error.instance().as_str().unwrap_or_default(), choices);
    let message = format!("{} is none of the choices", named(&pointer));
    Explained { pointer, at_key: false, message, hint: Some(hint) }
}

fn wrong_type(what: &str, kinds: impl IntoIterator<Item = String>) -> String {
    let kinds: Vec<String> = kinds.into_iter().filter(|kind| kind != "`null`").collect();
    format!("{what} has the wrong type, expected {}", kinds.join(" or "))
}

fn types(kind: &TypeKind) -> Vec<String> {
    match kind {
        TypeKind::Single(kind) => vec![format!("`{kind}`")],
        TypeKind::Multiple(kinds) => kinds.iter().map(|kind| format!("`{kind}`")).collect(),
    }
}

fn named(pointer: &str) -> String {
    if pointer.is_empty() { "`with`".to_owned() } else { format!("`{}`", dotted(pointer)) }
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
                "order": { "enum": ["first", "last"] },
                "range": { "anyOf": [{ "$ref": "#/$defs/Range" }, { "type": "null" }] },
                "way": { "oneOf": [way("call", "url"), way("mail", "address")] },
            },
            "required": ["limit"],
            "additionalProperties": false,
            "$defs": { "Range": { "type": "object", "properties": { "past": {} }, "additionalProperties": false } },
        });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<ValidationError<'_>> = validator.iter_errors(with).collect();
        let Explained { pointer, message, hint, .. } = explain(telling(&errors).unwrap(), &schema);
        (pointer, message, hint)
    }

    /// An alternative as it is derived from an enum with a tag.
    fn way(kind: &str, field: &str) -> Value {
        json!({
            "type": "object",
            "properties": { "kind": { "type": "string", "const": kind }, field: { "type": "string" } },
            "required": ["kind", field],
            "additionalProperties": false,
        })
    }

    #[test]
    fn an_unknown_key_comes_with_the_nearest() {
        let (pointer, message, hint) = explained(&json!({ "limti": 1 }));
        assert_eq!(pointer, "/limti");
        assert_eq!(message, "there is no key `limti` in `with`");
        assert_eq!(hint.as_deref(), Some("did you mean `limit`?"));
    }

    #[test]
    fn a_broken_rule_never_shows_the_value() {
        assert_eq!(explained(&json!({ "limit": "hunter2" })).1, "`limit` has the wrong type, expected `integer`");
        assert_eq!(explained(&json!({ "limit": 0 })).1, "`limit` must be at least 1");
        assert_eq!(explained(&json!({})).1, "the key `limit` is missing in `with`");
        let (_, message, hint) = explained(&json!({ "limit": 1, "order": "hunter2" }));
        assert_eq!(message, "`order` is none of the choices");
        assert_eq!(hint.as_deref(), Some("there are: `first`, `last`"));
    }

    #[test]
    fn keys_that_exclude_each_other_are_named() {
        let schema = json!({
            "type": "object",
            "properties": { "env": { "type": "object", "propertyNames": { "pattern": "^[A-Z]+$" } } },
            "oneOf": [{ "required": ["script"] }, { "required": ["file"] }],
        });
        let explained = |with: Value| {
            let validator = jsonschema::validator_for(&schema).unwrap();
            let errors: Vec<ValidationError<'_>> = validator.iter_errors(&with).collect();
            let Explained { pointer, message, .. } = explain(telling(&errors).unwrap(), &schema);
            (pointer, message)
        };
        let (_, message) = explained(json!({ "script": "x", "file": "y" }));
        assert_eq!(message, "`with` has `script` and `file`, and only one of them may be given");
        let (pointer, message) = explained(json!({ "script": "x", "env": { "a-b": 1 } }));
        assert_eq!(pointer, "/env/a-b");
        assert_eq!(message, "the key `a-b` in `env` is not written as it has to be: `^[A-Z]+$`");
    }

    #[test]
    fn a_key_below_is_named_with_its_path() {
        let (pointer, message, hint) = explained(&json!({ "limit": 1, "range": { "pst": "1h" } }));
        assert_eq!((pointer.as_str(), message.as_str()), ("/range/pst", "there is no key `pst` in `range`"));
        assert_eq!(hint.as_deref(), Some("did you mean `past`?"));
        assert_eq!(explained(&json!({ "limit": 1, "range": 5 })).1, "`range` has the wrong type, expected `object`");
    }

    #[test]
    fn of_alternatives_the_one_that_was_meant_is_explained() {
        let way = |way: Value| explained(&json!({ "limit": 1, "way": way }));
        let (pointer, message, hint) = way(json!({ "kind": "mail", "adress": "x" }));
        assert_eq!((pointer.as_str(), message.as_str()), ("/way/adress", "there is no key `adress` in `way`"));
        assert_eq!(hint.as_deref(), Some("did you mean `address`?"));
        assert_eq!(way(json!({ "kind": "call", "url": 5 })).1, "`way.url` has the wrong type, expected `string`");
        let (pointer, message, hint) = way(json!({ "kind": "mial" }));
        assert_eq!((pointer.as_str(), message.as_str()), ("/way/kind", "`way.kind` is none of the choices"));
        assert_eq!(hint.as_deref(), Some("did you mean `mail`?"));
    }
}
