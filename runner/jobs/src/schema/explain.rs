//! What a broken rule of a schema means, in our words.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;
use windlass_errors::nearest_hint;

use super::holes::Holes;
use crate::evaluate::escape;

/// A broken rule. The value itself is left out: it may be long, or a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Explained {
    pub(super) pointer: String,
    /// Whether it is the key at the pointer that is wrong, and not its value.
    pub(super) at_key: bool,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// Says what is wrong; what a hole could mend is not. Of several unknown keys it is the first.
pub(super) fn explain(error: &ValidationError<'_>, schema: &Value, holes: &Holes) -> Explained {
    explain_all(error, schema, holes).swap_remove(0)
}

/// The same, with every unknown key; at least one.
pub(super) fn explain_all(error: &ValidationError<'_>, schema: &Value, holes: &Holes) -> Vec<Explained> {
    let error = meant(error, holes);
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } if !unexpected.is_empty() => {
            unexpected.iter().map(|key| unknown_key(error, key, schema)).collect()
        }
        _ => vec![explain_one(error, schema)],
    }
}

fn unknown_key(error: &ValidationError<'_>, key: &str, schema: &Value) -> Explained {
    let pointer = error.instance_path().to_string();
    let known = error.schema_path().to_string();
    let known = properties(schema, known.trim_end_matches("/additionalProperties"));
    let hint = Some(nearest_hint(key, known.iter().map(String::as_str)));
    let message = format!("there is no key `{key}` in {}", named(&pointer));
    Explained { pointer: format!("{pointer}/{}", escape(key)), at_key: true, message, hint }
}

fn explain_one(error: &ValidationError<'_>, schema: &Value) -> Explained {
    let pointer = error.instance_path().to_string();
    let what = named(&pointer);
    let message = match error.kind() {
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
pub(super) fn telling<'e, 'a>(errors: &'e [ValidationError<'a>], holes: &Holes) -> Option<&'e ValidationError<'a>> {
    let unknown_key =
        |error: &&ValidationError<'_>| matches!(error.kind(), ValidationErrorKind::AdditionalProperties { .. });
    let mut errors = errors.iter().filter(|error| !holes.mend(error));
    let first = errors.next()?;
    Some(std::iter::once(first).chain(errors).find(unknown_key).unwrap_or(first))
}

/// Of alternatives, the broken rule of the one that was meant: whose tag and type fit, and which fits best.
fn meant<'e>(error: &'e ValidationError<'e>, holes: &Holes) -> &'e ValidationError<'e> {
    let (ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context }) = error.kind() else {
        return error;
    };
    let another = |rule: &ValidationError<'_>| match rule.kind() {
        ValidationErrorKind::Constant { .. } => true,
        ValidationErrorKind::Type { .. } => rule.instance_path() == error.instance_path(),
        _ => false,
    };
    let certain = |rules: &[ValidationError<'e>]| rules.iter().filter(|rule| !holes.mend(rule)).count();
    let fitting = context.iter().filter(|rules| !rules.iter().any(|rule| another(rule) && !holes.mend(rule)));
    let best = fitting.min_by_key(|rules| certain(rules)).and_then(|rules| telling(rules, holes));
    best.map_or(error, |rule| meant(rule, holes))
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
