//! Changes of JSON that leave it JSON.

use bolero::TypeGenerator;
use serde_json::{Map, Value};

use crate::Odd;

/// Keys that mean something to one of the readers, beside those that are there.
const KEYS: &[&str] = &[
    "",
    "a",
    "$ref",
    "$defs",
    "$schema",
    "$id",
    "$anchor",
    "$dynamicAnchor",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "properties",
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "dependentSchemas",
    "propertyNames",
    "items",
    "prefixItems",
    "contains",
    "uniqueItems",
    "required",
    "type",
    "enum",
    "const",
    "pattern",
    "format",
    "minimum",
    "maxLength",
    "multipleOf",
    "default",
    "description",
    "x-windlass",
    "title",
    "contentMediaType",
    "id",
    "result",
    "error",
    "table",
    "columns",
    "rows",
    "artifact",
    "data",
    "token",
];

/// What repetition may come to; more is only slower.
const MOST_NODES: usize = 20_000;

/// One change. Nodes are counted in the order in which they are written, and begin anew after the last one.
#[derive(Clone, Debug, TypeGenerator)]
#[expect(missing_docs, reason = "a field is what its name says")]
pub enum TreeEdit {
    /// Another value for a node.
    Put { node: u16, by: Odd },
    /// The value of one node for another.
    Copy { from: u16, to: u16 },
    /// A new entry of a map or item of a list.
    Add { node: u16, key: u8, value: Odd },
    /// A node fewer.
    Remove { node: u16 },
    /// Another key for a node.
    Rename { node: u16, key: u8 },
    /// The entries of a map or items of a list several times.
    Repeat { node: u16, times: u8 },
    /// A node below itself, by a key.
    Wrap { node: u16, key: u8, times: u8 },
}

impl TreeEdit {
    /// Makes the change, or none where it makes no sense.
    pub fn apply(&self, tree: &mut Value) {
        match self {
            Self::Put { node, by } => *at(tree, *node) = by.value(),
            Self::Copy { from, to } => {
                let copied = at(tree, *from).clone();
                *at(tree, *to) = copied;
            }
            Self::Add { node, key: name, value } => match at(tree, *node) {
                Value::Object(map) => drop(map.insert(key(*name).to_owned(), value.value())),
                Value::Array(list) => list.push(value.value()),
                _ => {}
            },
            Self::Remove { node } => with_parent(tree, *node, |map, key| drop(map.remove(key))),
            Self::Rename { node, key: name } => with_parent(tree, *node, |map, old| {
                if let Some(value) = map.remove(old) {
                    map.insert(key(*name).to_owned(), value);
                }
            }),
            Self::Repeat { node, times } => repeat(at(tree, *node), *times),
            Self::Wrap { node, key: name, times } => {
                let node = at(tree, *node);
                for _ in 0..times % 16 {
                    *node = Value::Object(Map::from_iter([(key(*name).to_owned(), node.take())]));
                }
            }
        }
    }
}

fn key(which: u8) -> &'static str {
    KEYS[usize::from(which) % KEYS.len()]
}

fn at(tree: &mut Value, node: u16) -> &mut Value {
    let mut pointers = Vec::new();
    collect(tree, String::new(), &mut pointers);
    let pointer = &pointers[usize::from(node) % pointers.len()];
    tree.pointer_mut(pointer).expect("the pointer was just found")
}

/// Finds an entry of a map.
fn with_parent(tree: &mut Value, node: u16, change: impl FnOnce(&mut Map<String, Value>, &str)) {
    let mut pointers = Vec::new();
    collect(tree, String::new(), &mut pointers);
    let pointer = &pointers[usize::from(node) % pointers.len()];
    let Some((above, key)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(map)) = tree.pointer_mut(above) {
        change(map, &key.replace("~1", "/").replace("~0", "~"));
    }
}

fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    let below = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| collect(value, below(name), pointers)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| collect(value, below(&index.to_string()), pointers));
        }
        _ => {}
    }
    pointers.push(pointer);
}

fn repeat(value: &mut Value, times: u8) {
    if size(value) * usize::from(times) > MOST_NODES {
        return;
    }
    match value {
        Value::Array(list) => {
            *list = std::iter::repeat_n(list.as_slice(), times.into()).flatten().cloned().collect();
        }
        Value::Object(map) => {
            for (name, value) in map.clone() {
                (0..times).for_each(|number| drop(map.insert(format!("{name}{number}"), value.clone())));
            }
        }
        _ => {}
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn edited(edit: &TreeEdit) -> Value {
        let mut tree = json!({"a": [1, {"b/c": 2}], "d": 3});
        edit.apply(&mut tree);
        tree
    }

    #[test]
    fn every_edit_leaves_json() {
        // The nodes are /a/0, /a/1/b~1c, /a/1, /a, /d and the whole.
        assert_eq!(edited(&TreeEdit::Put { node: 1, by: Odd::Null }), json!({"a": [1, {"b/c": null}], "d": 3}));
        assert_eq!(edited(&TreeEdit::Copy { from: 4, to: 3 }), json!({"a": 3, "d": 3}));
        assert_eq!(edited(&TreeEdit::Remove { node: 1 }), json!({"a": [1, {}], "d": 3}));
        assert_eq!(edited(&TreeEdit::Rename { node: 4, key: 0 }), json!({"a": [1, {"b/c": 2}], "": 3}));
        assert_eq!(edited(&TreeEdit::Repeat { node: 3, times: 0 }), json!({"a": [], "d": 3}));
        assert_eq!(edited(&TreeEdit::Wrap { node: 4, key: 1, times: 2 })["d"], json!({"a": {"a": 3}}));
        assert_eq!(edited(&TreeEdit::Add { node: 5, key: 0, value: Odd::List })[""], json!([]));
    }
}
