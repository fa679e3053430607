use std::cell::OnceCell;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_saphyr::{Error, MessageFormatter as _, UserMessageFormatter};
use windlass_errors::nearest_hint;

use super::{Position, mask, snippet};

/// The longest message in bytes; a screen has about twice as many.
const LONGEST_MESSAGE: usize = 1000;

/// What is wrong in a YAML text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
    /// One lowercase line, without values.
    pub message: String,
    /// `--> path:line:column` and the lines around it with a caret; secrets are masked.
    pub snippet: String,
    /// What to do about it, such as the nearest valid key.
    pub hint: Option<String>,
}

impl YamlError {
    /// A rule that the value at this place breaks. The message may not repeat a value that could be a secret.
    pub fn at(path: &Path, text: &str, place: impl Into<Position>, message: impl Into<String>) -> Self {
        let position = place.into();
        Self::with_snippet(path, position, &message.into(), snippet::render(path, text, position))
    }

    /// The same for a text of which much may be wrong: what its lines may show is found out once.
    pub fn within(path: &Path, lines: &ShownLines, place: impl Into<Position>, message: impl Into<String>) -> Self {
        let position = place.into();
        Self::with_snippet(path, position, &message.into(), snippet::render_lines(path, &lines.0, position))
    }

    fn with_snippet(path: &Path, position: Position, message: &str, snippet: String) -> Self {
        Self {
            path: path.to_owned(),
            line: position.line,
            column: position.column,
            message: shortened(mask::printable(message)),
            snippet,
            hint: None,
        }
    }

    /// The same error with a remedy.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(shortened(mask::printable(&hint.into())));
        self
    }

    pub(super) fn from_parser(path: &Path, text: &str, error: &Error) -> Self {
        let place = error.location().map_or(Position { line: 1, column: 1 }, Position::from);
        let (message, hint) = explain(innermost(error));
        let explained = Self::at(path, text, place, message);
        match hint {
            Some(hint) => explained.with_hint(hint),
            None => explained,
        }
    }
}

/// The lines of a text as errors may show them, without secrets.
#[derive(Debug)]
pub struct ShownLines(Vec<String>);

impl ShownLines {
    /// Those of a whole text.
    pub fn of(text: &str) -> Self {
        Self(mask::lines(text, usize::MAX))
    }
}

/// A text that is checked. Its lines are made fit to be shown once, with the first error.
#[derive(Debug)]
pub(crate) struct Original<'a> {
    pub(crate) path: &'a Path,
    pub(crate) text: &'a str,
    lines: OnceCell<ShownLines>,
}

impl<'a> Original<'a> {
    pub(crate) fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text, lines: OnceCell::new() }
    }

    /// A rule that the value at this place breaks; see [`YamlError::at`].
    pub(crate) fn error(&self, place: impl Into<Position>, message: impl Into<String>) -> YamlError {
        YamlError::within(self.path, self.lines.get_or_init(|| ShownLines::of(self.text)), place, message)
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path.display(), self.line, self.column, self.message)
    }
}

impl std::error::Error for YamlError {}

/// A name in a message may be as long as the file.
fn shortened(mut message: String) -> String {
    if message.len() > LONGEST_MESSAGE {
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
        message.push('…');
    }
    message
}

fn innermost(mut error: &Error) -> &Error {
    while let Error::AliasError { error: inner, .. } | Error::WithSnippet { error: inner, .. } = error {
        error = inner;
    }
    error
}

/// The parser's error in our words, and the hint. The values that it met are left out.
fn explain(error: &Error) -> (String, Option<String>) {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            (format!("there is no key `{field}` here"), Some(nearest_hint(field, expected.iter().copied())))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            (format!("`{variant}` is none of the choices"), Some(nearest_hint(variant, expected.iter().copied())))
        }
        Error::SerdeMissingField { field, .. } => (format!("the key `{field}` is missing"), None),
        Error::DuplicateMappingKey { key: Some(key), .. } => (format!("the key `{key}` is given twice"), None),
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            (format!("expected {expected}"), None)
        }
        Error::Unexpected { expected, .. } => (format!("expected {}", plain(expected)), None),
        Error::NullIntoString { .. } => {
            ("the value is missing".to_owned(), Some("leave the whole key out, or give it a value".to_owned()))
        }
        other => (UserMessageFormatter.format_message(other).into_owned(), None),
    }
}

fn plain(expected: &'static str) -> &'static str {
    match expected {
        "string scalar" => "a text",
        "sequence start" => "a list",
        "mapping start" => "keys with values",
        other => other,
    }
}
