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
    /// By JSON pointer (RFC 6901).
    pub(crate) places: HashMap<String, Position>,
}

/// Puts the values of its expressions into a tree. An entry of a map whose expression has no value is left out, so that
/// an optional option can be passed on.
pub(crate) fn evaluate(tree: &Tree, expressions: &Expressions<'_>, file: &JobText) -> Result<Evaluated, JobError> {
    let mut places = HashMap::new();
    let value = walk(tree, expressions, file, String::new(), &mut places)?;
    Ok(Evaluated { value, places })
}

fn walk(
    tree: &Tree,
    expressions: &Expressions<'_>,
    file: &JobText,
    pointer: String,
    places: &mut HashMap<String, Position>,
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
            for (key, entry) in entries {
                let value = walk(entry, expressions, file, format!("{pointer}/{}", escape(key)), places)?;
                if !(value.is_null() && matches!(entry.node, Node::Text(_))) {
                    map.insert(key.clone(), value);
                }
            }
            Value::Object(map)
        }
    };
    places.insert(pointer, tree.position);
    Ok(value)
}

/// A key as part of a JSON pointer.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
