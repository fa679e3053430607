//! Trees with expressions in them become values.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use windlass_settings::yaml::Position;

use crate::expression::ExpressionError;
use crate::job::{ForEach, JobText, scalar_text};
use crate::tree::{Node, Tree};
use crate::values::{TextValue, Values};
use crate::{Job, JobError};

/// The most items of a `forEach`.
const MOST_ITEMS: usize = 10_000;

/// A tree with the values of its expressions, and where each part stands in the file.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// The value; a secret option in it is a placeholder.
    pub value: Value,
    /// Where its parts stand.
    pub places: Places,
    /// The secret options whose texts belong into the value, by JSON pointer.
    pub secret_options: BTreeMap<String, String>,
}

/// Where values and keys stand, by JSON pointer (RFC 6901).
#[derive(Clone, Debug, Default)]
pub struct Places {
    values: HashMap<String, Position>,
    keys: HashMap<String, Position>,
}

impl Places {
    /// The place of the value, or of the nearest thing around it.
    pub fn of_value(&self, pointer: &str) -> Position {
        let mut pointer = pointer;
        loop {
            match (self.values.get(pointer), pointer.rfind('/')) {
                (Some(place), _) => return *place,
                (None, Some(end)) => pointer = &pointer[..end],
                (None, None) => return Position { line: 1, column: 1 },
            }
        }
    }

    /// The place of the key that leads to the value.
    pub fn of_key(&self, pointer: &str) -> Position {
        self.keys.get(pointer).copied().unwrap_or_else(|| self.of_value(pointer))
    }

    pub(crate) fn note_value(&mut self, pointer: String, place: Position) {
        self.values.insert(pointer, place);
    }

    pub(crate) fn note_key(&mut self, pointer: String, place: Position) {
        self.keys.insert(pointer, place);
    }
}

/// Puts the values of its expressions into a tree. An entry of a map whose expression has no value is left out, so that
/// an optional option can be passed on.
///
/// # Errors
/// `job.invalid-expression`, `job.undefined-reference`; `job.secret-misplaced` for a secret option within a text or a
/// formula.
pub fn evaluate(tree: &Tree, values: &Values, job: &Job) -> Result<Evaluated, JobError> {
    let (places, secret_options) = (Places::default(), BTreeMap::new());
    let mut walk = Walk { values, file: &job.file, places, secret_options };
    let value = walk.value(tree, String::new())?;
    Ok(Evaluated { value, places: walk.places, secret_options: walk.secret_options })
}

/// Whether a condition holds.
///
/// # Errors
/// Those of [`evaluate`]; `job.invalid-expression` when it comes to anything but true or false.
pub fn condition(tree: &Tree, values: &Values, job: &Job) -> Result<bool, JobError> {
    match plain(tree, values, job)? {
        Value::Bool(holds) => Ok(holds),
        other => {
            let message = format!("the condition comes to {}, and not to `true` or `false`", kind(&other));
            let hint = "compare it: `== 'x'`, `> 0`, `is none`";
            Err(job.error("job.invalid-expression", tree.position, message).or_hint(hint))
        }
    }
}

/// The values of a `forEach`; of a map each entry is one, an object with `key` and `value`.
///
/// # Errors
/// Those of [`evaluate`]; `job.invalid-expression` when it comes to anything else, or to too many.
pub fn items(for_each: &ForEach, values: &Values, job: &Job) -> Result<Vec<Value>, JobError> {
    let wrong = |message: String| job.error("job.invalid-expression", for_each.items.position, message);
    let items = match plain(&for_each.items, values, job)? {
        Value::Array(items) => items,
        Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| serde_json::json!({ "key": key, "value": value })).collect()
        }
        other => return Err(wrong(format!("`items` comes to {}, and not to a list", kind(&other)))),
    };
    if items.len() > MOST_ITEMS {
        return Err(wrong(format!("`items` comes to {} values, and at most {MOST_ITEMS} are allowed", items.len())));
    }
    Ok(items)
}

/// A text, such as a step's `account`; none when the expression has no value.
///
/// # Errors
/// Those of [`evaluate`]; `job.invalid-expression` when it comes to a list or a map.
pub fn text(tree: &Tree, values: &Values, job: &Job) -> Result<Option<String>, JobError> {
    match plain(tree, values, job)? {
        Value::Null => Ok(None),
        value @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => Ok(Some(scalar_text(&value))),
        other => {
            let message = format!("it comes to {}, and not to a text", kind(&other));
            Err(job.error("job.invalid-expression", tree.position, message))
        }
    }
}

/// The value of a tree in which no secret may be.
pub(crate) fn plain(tree: &Tree, values: &Values, job: &Job) -> Result<Value, JobError> {
    let evaluated = evaluate(tree, values, job)?;
    match evaluated.secret_options.first_key_value() {
        Some((pointer, option)) => {
            Err(at(ExpressionError::misplaced(option), &job.file, evaluated.places.of_value(pointer)))
        }
        None => Ok(evaluated.value),
    }
}

/// An error of an expression, at its place.
pub(crate) fn at(error: ExpressionError, file: &JobText, place: Position) -> JobError {
    let located = file.at(place, error.message);
    JobError::at(error.code, if let Some(hint) = error.hint { located.with_hint(hint) } else { located })
}

/// What stands for the text of a secret option until the step gets it; it looks like a key's path, as the field does.
pub(crate) fn placeholder(option: &str) -> String {
    format!("keys/option/{option}")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "no value",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

struct Walk<'a> {
    values: &'a Values,
    file: &'a JobText,
    places: Places,
    secret_options: BTreeMap<String, String>,
}

impl Walk<'_> {
    fn value(&mut self, tree: &Tree, pointer: String) -> Result<Value, JobError> {
        let value = match &tree.node {
            Node::Plain(value) => value.clone(),
            Node::Text(text) => match self.values.text(text).map_err(|error| at(error, self.file, tree.position))? {
                TextValue::Plain(value) => value,
                TextValue::Secret(option) => {
                    let placeholder = placeholder(&option);
                    self.secret_options.insert(pointer.clone(), option);
                    Value::String(placeholder)
                }
            },
            Node::List(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| self.value(item, format!("{pointer}/{index}")));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Node::Map(entries) => {
                let mut map = Map::new();
                for entry in entries {
                    let below = format!("{pointer}/{}", escape(&entry.key));
                    self.places.note_key(below.clone(), entry.key_at);
                    let value = self.value(&entry.value, below)?;
                    if !(value.is_null() && matches!(entry.value.node, Node::Text(_))) {
                        map.insert(entry.key.clone(), value);
                    }
                }
                Value::Object(map)
            }
        };
        self.places.note_value(pointer, tree.position);
        Ok(value)
    }
}

/// A key as part of a JSON pointer.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
