//! YAML of any shape, for files whose shape is another's to decide.

use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use super::{Position, Spanned};

/// A value and where it stands. Texts are kept as they are written: `012345678901` is no number.
///
/// `Debug` shows the place only, for the value may be a secret.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) position: Position,
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Clone)]
pub(crate) enum Content {
    Null,
    /// A text in quotes, or one that looks like nothing else.
    Text(String),
    /// What looks like a number or like true or false: the bytes from here to there, of the text that was read.
    Plain(usize, usize),
    List(Vec<Node>),
    Map(Vec<(Spanned<String>, Node)>),
}

impl Node {
    /// The text, as it is written in `of`, from which this was read.
    pub(crate) fn text<'a>(&'a self, of: &'a str) -> Option<&'a str> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Plain(from, to) => of.get(*from..*to),
            Content::Null | Content::List(_) | Content::Map(_) => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.content, Content::Null)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("position", &self.position).finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read: Spanned<Content> = Spanned::deserialize(deserializer)?;
        let position = (&read).into();
        let span = read.defined.span();
        let content = match (read.value, span.byte_offset(), span.byte_len()) {
            (Content::Plain(..), Some(from), Some(len)) => {
                let index = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
                Content::Plain(index(from), index(from.saturating_add(len)))
            }
            (content, ..) => content,
        };
        Ok(Self { position, content })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

/// Where the text stands is not known while it is read.
const PLAIN: Content = Content::Plain(0, 0);

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Content, E> {
        Ok(PLAIN)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Content, E> {
        Ok(PLAIN)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Content, E> {
        Ok(PLAIN)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Content, E> {
        Ok(PLAIN)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Content::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Content, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Content::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::parse;
    use super::*;

    fn entries(node: &Node) -> &[(Spanned<String>, Node)] {
        match &node.content {
            Content::Map(entries) => entries,
            _ => panic!("no map"),
        }
    }

    #[test]
    fn a_text_is_as_it_is_written() {
        let text =
            "ä: 012345678901\nb: 0o17\nc: 'x'\nd: true\ne: 1_0\nf: &f 007.50\ng: *f\nh: 1e3 # c\ni: [0x1F, null]\n5:\n";
        let node: Node = parse(Path::new("t.yaml"), text).unwrap();
        let texts: Vec<_> = entries(&node).iter().map(|(_, value)| value.text(text)).collect();
        let plain = [Some("012345678901"), Some("0o17"), Some("x"), Some("true"), Some("1_0")];
        assert_eq!(texts[..5], plain);
        assert_eq!(texts[5..], [Some("007.50"), Some("007.50"), Some("1e3"), None, None]);
        let Content::List(list) = &entries(&node)[8].1.content else { panic!("no list") };
        assert_eq!((list[0].text(text), list[1].is_null()), (Some("0x1F"), true));
        assert_eq!(entries(&node)[9].0.value, "5");
        assert_eq!(Position::from(&entries(&node)[2].0), Position { line: 3, column: 1 });
        assert_eq!(entries(&node)[2].1.position, Position { line: 3, column: 4 });
    }

    #[test]
    fn a_value_is_not_shown() {
        let node: Node = parse(Path::new("t.yaml"), "a: hunter2\n").unwrap();
        assert!(!format!("{node:?} {:?}", entries(&node)[0].1).contains("hunter2"));
    }
}
