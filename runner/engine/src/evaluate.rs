use std::collections::HashMap;

use serde_json::{Map, Value};
use windlass_settings::yaml::Position;

use crate::JobError;
use crate::expression::Expressions;
use crate::job::JobText;
use crate::tree::{Node, Tree};

/// A step's `with` as the step gets it, and where each part stands in the file.
pub(crate) struct Evaluated {
    pub(crate) value: Value,
    pub(crate) places: Places,
}

/// Where values and keys stand, by JSON pointer (RFC 6901).
#[derive(Default)]
pub(crate) struct Places {
    values: HashMap<String, Position>,
    keys: HashMap<String, Position>,
}

impl Places {
    /// The place of the value, or of the nearest thing around it.
    pub(crate) fn of_value(&self, pointer: &str) -> Position {
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
    pub(crate) fn of_key(&self, pointer: &str) -> Position {
        self.keys.get(pointer).copied().unwrap_or_else(|| self.of_value(pointer))
    }
}

/// Puts the values of its expressions into a tree. An entry of a map whose expression has no value is left out, so that
/// an optional option can be passed on.
pub(crate) fn evaluate(tree: &Tree, expressions: &Expressions<'_>, file: &JobText) -> Result<Evaluated, JobError> {
    let mut places = Places::default();
    let value = walk(tree, expressions, file, String::new(), &mut places)?;
    Ok(Evaluated { value, places })
}

fn walk(
    tree: &Tree,
    expressions: &Expressions<'_>,
    file: &JobText,
    pointer: String,
    places: &mut Places,
) -> Result<Value, JobError> {
    let value = match &tree.node {
        Node::Plain(value) => value.clone(),
        Node::Text(text) => expressions.value(text).map_err(|error| {
            let place = file.at(tree.position, error.message);
            JobError::at(error.code, if let Some(hint) = error.hint { place.with_hint(hint) } else { place })
        })?,
        Node::List(items) => {
            let items = items.iter().enumerate();
            let items = items.map(|(index, item)| walk(item, expressions, file, format!("{pointer}/{index}"), places));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Node::Map(entries) => {
            let mut map = Map::new();
            for entry in entries {
                let below = format!("{pointer}/{}", escape(&entry.key));
                places.keys.insert(below.clone(), entry.key_at);
                let value = walk(&entry.value, expressions, file, below, places)?;
                if !(value.is_null() && matches!(entry.value.node, Node::Text(_))) {
                    map.insert(entry.key.clone(), value);
                }
            }
            Value::Object(map)
        }
    };
    places.values.insert(pointer, tree.position);
    Ok(value)
}

/// A key as part of a JSON pointer.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
