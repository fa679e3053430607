use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use windlass_settings::yaml::{Position, ShownLines, Spanned, YamlError};

/// The text of a job and where it came from; a clone shares both.
#[derive(Clone, Debug)]
pub struct JobText {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    text: String,
    /// As errors show it.
    shown: OnceLock<ShownLines>,
}

impl JobText {
    /// A text, and how errors name it.
    pub fn new(path: &Path, text: String) -> Self {
        Self { shared: Arc::new(Shared { path: path.to_owned(), text, shown: OnceLock::new() }) }
    }

    /// As errors name it.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// The file as it was read.
    pub fn text(&self) -> &str {
        &self.shared.text
    }

    /// Where a byte of a value stands, when the value is written on one line as it is; otherwise where the value begins.
    pub(crate) fn place_in(&self, value: &Spanned<String>, byte: usize) -> Position {
        let begin = Position::from(value);
        let index = |from_one: u64| usize::try_from(from_one.saturating_sub(1)).unwrap_or(usize::MAX);
        let line = self.text().lines().nth(index(begin.line)).unwrap_or_default();
        let rest = line.char_indices().nth(index(begin.column)).map_or("", |(at, _)| &line[at..]);
        let inside = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
        let (quotes, before) = (rest.len() - inside.len(), value.value.get(..byte).unwrap_or_default());
        if !inside.starts_with(value.value.as_str()) {
            return begin;
        }
        let characters = u64::try_from(quotes + before.chars().count()).unwrap_or(0);
        Position { column: begin.column + characters, ..begin }
    }

    /// An error at a place of the text.
    pub fn at(&self, place: impl Into<Position>, message: impl Into<String>) -> YamlError {
        let shown = self.shared.shown.get_or_init(|| ShownLines::of(self.text()));
        YamlError::within(self.path(), shown, place, message)
    }
}
