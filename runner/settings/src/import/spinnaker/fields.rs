use std::collections::BTreeMap;

use windlass_errors::nearest;

use super::known::Known;
use crate::import::{Note, NoteKind};
use crate::yaml::{Content, Node, Position};

/// The keys of a mapping. Whatever nobody takes is told at the end, so that nothing disappears.
pub(super) struct Fields<'n> {
    /// What the keys stand below, such as `aws.client.`.
    prefix: String,
    known: &'static [Known],
    left: BTreeMap<&'n str, (Position, &'n Node)>,
}

impl<'n> Fields<'n> {
    /// Of a value that has keys; none of any other.
    pub(super) fn of(node: &'n Node, known: &'static [Known], prefix: &str) -> Option<Self> {
        let Content::Map(entries) = &node.content else { return None };
        let left = entries.iter().map(|(key, value)| (key.value.as_str(), (key.into(), value))).collect();
        Some(Self { prefix: prefix.to_owned(), known, left })
    }

    /// The value of a key, which counts as used from now on; none when it says nothing.
    pub(super) fn take(&mut self, key: &str) -> Option<&'n Node> {
        self.left.remove(key).map(|(_, node)| node).filter(|node| !node.is_null())
    }

    /// The value of a key, which counts as used when it means something.
    pub(super) fn take_if(&mut self, key: &str, means: bool) -> Option<&'n Node> {
        if means { self.take(key) } else { None }
    }

    /// The value of a key, which counts as unused until it is taken.
    pub(super) fn peek(&self, key: &str) -> Option<&'n Node> {
        self.left.get(key).map(|(_, node)| *node).filter(|node| !node.is_null())
    }

    /// The keys below a key.
    pub(super) fn below(&mut self, key: &str) -> Option<Self> {
        let known = self.known.iter().find(|known| known.key == key)?;
        let below = Self::of(self.peek(key)?, known.below, &format!("{}{key}.", self.prefix))?;
        self.left.remove(key);
        Some(below)
    }

    /// The keys that nobody knows and that stand for one which decides what an account is: each with its place and the key
    /// that was meant.
    pub(super) fn slips(&self) -> Vec<(String, Position, String)> {
        let slip = |(key, (at, _)): (&&str, &(Position, &Node))| {
            let meant = self.unknown(key).then(|| self.nearest(key)).flatten().filter(|near| near.decides)?;
            Some((format!("{}{key}", self.prefix), *at, format!("{}{}", self.prefix, meant.key)))
        };
        self.left.iter().filter_map(slip).collect()
    }

    fn unknown(&self, key: &str) -> bool {
        self.known.iter().all(|known| known.key != key)
    }

    fn nearest(&self, key: &str) -> Option<&'static Known> {
        let near = nearest(key, self.known.iter().map(|known| known.key))?;
        self.known.iter().find(|known| known.key == near)
    }

    /// Notes about what nobody took; `text` is what the values were read from.
    pub(super) fn rest(mut self, text: &str) -> Vec<Note> {
        let groups = self.known.iter().filter(|known| !known.below.is_empty());
        let below: Vec<Self> = groups.filter_map(|known| self.below(known.key)).collect();
        let mut notes: Vec<Note> = below.into_iter().flat_map(|below| below.rest(text)).collect();
        for (key, (at, node)) in &self.left {
            let path = format!("{}{key}", self.prefix);
            notes.push(match self.known.iter().find(|known| known.key == *key) {
                Some(known) => {
                    let message = format!("it means nothing here; it {}", known.there);
                    Note::new(NoteKind::Unused, path, *at, message).with_value(node, text)
                }
                None => {
                    let near = self.nearest(key).map(|near| near.key);
                    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                    let message = format!("neither Windlass nor Spinnaker knows this key{hint}");
                    Note::new(NoteKind::Unknown, path, *at, message)
                }
            });
        }
        notes
    }
}
