use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::KeyPath;
use crate::yaml::{Content, Node, Position, is_secret_name, printable};

/// Something in the file that did not simply become a part of an account. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// What has become of it.
    pub kind: NoteKind,
    /// The account that it belongs to; none when it belongs to all, or to none.
    pub account: Option<String>,
    /// The key as the file has it: `edda` or `regions.deprecated` of an account, `aws.client.maxErrorRetry` of a block.
    pub key: String,
    /// The line, from 1.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
    /// One lowercase sentence.
    pub message: String,
    /// What the file says, of a key of an account that is unused; what looks like a secret is masked.
    pub value: Option<Value>,
}

/// What has become of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum NoteKind {
    /// The other system knows it, and it means nothing here.
    Unused,
    /// Neither system knows it.
    Unknown,
    /// Only the other system could say what it stands for.
    Unresolved,
    /// It means something else here, or is written otherwise.
    Changed,
    /// The account is not taken over, as the file wants it.
    LeftOut,
}

impl Note {
    pub(super) fn new(kind: NoteKind, key: impl Into<String>, at: Position, message: impl Into<String>) -> Self {
        Self {
            kind,
            account: None,
            key: key.into(),
            line: at.line,
            column: at.column,
            message: printable(&message.into()),
            value: None,
        }
    }

    pub(super) fn of(mut self, account: &str) -> Self {
        self.account = Some(printable(account));
        self
    }

    /// With what the file says at that key.
    pub(super) fn with_text(mut self, text: &str) -> Self {
        self.value = Some(shown_text(&self.key, text));
        self
    }

    /// With what the file, whose text is `written`, says at that key.
    pub(super) fn with_value(mut self, node: &Node, written: &str) -> Self {
        self.value = Some(shown(&self.key, node, written));
        self
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if let Some(account) = &self.account {
            write!(f, "account `{account}`, ")?;
        }
        write!(f, "`{}`: {}", self.key, self.message)
    }
}

fn shown(key: &str, node: &Node, written: &str) -> Value {
    match &node.content {
        Content::Null => Value::Null,
        Content::Text(text) => shown_text(key, text),
        Content::Plain(..) if is_secret(key) => shown_text(key, ""),
        Content::Plain(..) => {
            let text = node.text(written).unwrap_or_default();
            serde_json::from_str(&text.to_lowercase()).unwrap_or_else(|_| text.into())
        }
        Content::List(list) => list.iter().map(|item| shown(key, item, written)).collect(),
        Content::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (printable(&key.value), shown(&key.value, value, written)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}

fn shown_text(key: &str, text: &str) -> Value {
    if is_secret(key) && KeyPath::parse(text).is_err() { "***".into() } else { printable(text).into() }
}

fn is_secret(key: &str) -> bool {
    is_secret_name(key.rsplit('.').next().unwrap_or(key))
}
