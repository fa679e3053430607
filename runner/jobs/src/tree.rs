use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use windlass_settings::yaml::{Position, Spanned};

use crate::evaluate::escape;

/// A free-form YAML value that knows where each part of it stands: a step's `with`, an option's `default`.
#[derive(Clone, Debug)]
pub struct Tree {
    pub(crate) position: Position,
    pub(crate) node: Node,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// Null, a boolean or a number.
    Plain(Value),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<Entry>),
}

/// An entry of a map.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_at: Position,
    pub(crate) value: Tree,
}

impl Tree {
    pub(crate) fn empty_map(position: Position) -> Self {
        Self { position, node: Node::Map(Vec::new()) }
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The value as it stands in the file, expressions not evaluated.
    pub fn raw(&self) -> Value {
        match &self.node {
            Node::Plain(value) => value.clone(),
            Node::Text(text) => Value::String(text.clone()),
            Node::List(items) => items.iter().map(Self::raw).collect(),
            Node::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), entry.value.raw())).collect(),
        }
    }

    /// Whether there is an expression in it.
    pub fn has_expression(&self) -> bool {
        match &self.node {
            Node::Plain(_) => false,
            Node::Text(text) => text.contains("${{"),
            Node::List(items) => items.iter().any(Self::has_expression),
            Node::Map(entries) => entries.iter().any(|entry| entry.value.has_expression()),
        }
    }

    /// Whether the part at a JSON pointer of its evaluated value is what an expression comes to, or a part of that.
    pub fn is_filled_at(&self, pointer: &str) -> bool {
        let ends = pointer.rmatch_indices('/').map(|(end, _)| end);
        let nearest = [pointer.len()].into_iter().chain(ends).find_map(|end| self.at(&pointer[..end]));
        nearest.is_some_and(|tree| matches!(&tree.node, Node::Text(text) if text.contains("${{")))
    }

    /// The part at a JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Self> {
        let Some(rest) = pointer.strip_prefix('/') else { return Some(self) };
        let (first, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        match &self.node {
            Node::List(items) => items.get(first.parse::<usize>().ok()?)?.at(below),
            Node::Map(entries) => entries.iter().find(|entry| escape(&entry.key) == first)?.value.at(below),
            Node::Plain(_) | Node::Text(_) => None,
        }
    }

    /// The value, when it is a scalar.
    pub(crate) fn scalar(&self) -> Option<Value> {
        match &self.node {
            Node::Plain(value) => Some(value.clone()),
            Node::Text(text) => Some(Value::String(text.clone())),
            Node::List(_) | Node::Map(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Node>::deserialize(deserializer)?;
        Ok(Self { position: Position::from(&spanned), node: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Plain(Value::Null))
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<Node, E> {
        Ok(Node::Plain(Value::Bool(yes)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Plain(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Plain(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Node, E> {
        let number = Number::from_f64(number).ok_or_else(|| E::custom("infinity and NaN are no values here"))?;
        Ok(Node::Plain(Value::Number(number)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map: Vec<Entry> = Vec::new();
        while let Some((key, value)) = entries.next_entry::<Spanned<String>, Tree>()? {
            let key_at = Position::from(&key);
            let key = key.value;
            if map.iter().any(|known| known.key == key) {
                return Err(A::Error::custom(format!("the key `{key}` is given twice")));
            }
            map.push(Entry { key, key_at, value });
        }
        Ok(Node::Map(map))
    }
}
