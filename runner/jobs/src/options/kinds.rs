//! What values an option of each type has.

use serde_json::{Number, Value};

use super::date::is_date;
use crate::OptionSpec;
use crate::job::{OptionKind, scalar_text};

/// The longest value of a text, in bytes.
const LONGEST_TEXT: usize = 64 * 1024;
/// The longest value of a text of several lines and of a file.
pub(super) const LONGEST_FILE: usize = 256 * 1024;
/// The most items of a list.
const MOST_ITEMS: usize = 1000;

/// A value out of what a person wrote.
pub(super) fn read(option: &OptionSpec, text: &str) -> Option<Value> {
    match option.kind {
        OptionKind::Number => number(text),
        OptionKind::Boolean => text.parse().ok().map(Value::Bool),
        OptionKind::Choice => Some(chosen(option, text)),
        OptionKind::List => list(option, text),
        OptionKind::Text | OptionKind::Multiline | OptionKind::Date | OptionKind::File | OptionKind::Secret => {
            Some(text.into())
        }
    }
}

/// The values of a choice may be numbers or booleans too; their text chooses them.
fn chosen(option: &OptionSpec, text: &str) -> Value {
    option.values.iter().find(|value| scalar_text(value) == text).cloned().unwrap_or_else(|| text.into())
}

fn number(text: &str) -> Option<Value> {
    let whole = text.parse::<i64>().ok().map(Number::from);
    whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64)).map(Value::Number)
}

/// `a,b`, or a JSON list for items with commas in them. An empty text is an empty list.
fn list(option: &OptionSpec, text: &str) -> Option<Value> {
    let trimmed = text.trim();
    if trimmed.starts_with('[') {
        let items: Vec<Value> = serde_json::from_str(trimmed).ok()?;
        return Some(same(option, &Value::Array(items)));
    }
    if trimmed.is_empty() {
        return Some(Value::Array(Vec::new()));
    }
    Some(text.split(',').map(|item| chosen(option, item.trim())).collect())
}

/// A value that came with its type: an item of a choice may have come as its text.
pub(crate) fn same(option: &OptionSpec, value: &Value) -> Value {
    match (option.kind, value) {
        (OptionKind::Choice, Value::String(text)) => chosen(option, text),
        (OptionKind::List, Value::Array(items)) => {
            let item = |item: &Value| item.as_str().map_or_else(|| item.clone(), |text| chosen(option, text));
            items.iter().map(item).collect()
        }
        (_, value) => value.clone(),
    }
}

/// Whether a value may be an option's value; the error is the reason.
pub(crate) fn fits(option: &OptionSpec, value: &Value) -> Result<(), String> {
    of_kind(option.kind, value)?;
    let items = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    if items.len() > MOST_ITEMS {
        return Err(format!("a list has at most {MOST_ITEMS} items"));
    }
    for item in items {
        if !option.values.is_empty() && !option.values.contains(item) {
            return Err(format!("`{}` is none of the allowed values", scalar_text(item)));
        }
        if let Value::String(text) = item {
            text_fits(option, text)?;
        }
    }
    Ok(())
}

/// Whether a text, or an item of a list, is as long and as it is written as it may be. The text is in no message.
pub(super) fn text_fits(option: &OptionSpec, text: &str) -> Result<(), String> {
    let longest = match option.kind {
        OptionKind::File | OptionKind::Multiline => LONGEST_FILE,
        _ => LONGEST_TEXT,
    };
    if text.len() > longest {
        return Err(format!("a {} has at most {longest} bytes", option.kind.noun()));
    }
    match &option.pattern {
        Some(pattern) if !pattern.matches(text) => Err(format!("the value does not match the pattern `{pattern}`")),
        _ => Ok(()),
    }
}

/// Whether a value is of a kind; the error is the reason.
pub(crate) fn of_kind(kind: OptionKind, value: &Value) -> Result<(), String> {
    let scalar = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    let of_kind = match kind {
        OptionKind::Text | OptionKind::Multiline | OptionKind::File | OptionKind::Secret => value.is_string(),
        OptionKind::Number => value.is_number(),
        OptionKind::Boolean => value.is_boolean(),
        OptionKind::Choice => scalar(value),
        OptionKind::List => value.as_array().is_some_and(|items| items.iter().all(scalar)),
        OptionKind::Date => value.as_str().is_some_and(is_date),
    };
    if of_kind { Ok(()) } else { Err(format!("a {} belongs here", kind.noun())) }
}
