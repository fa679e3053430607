use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use windlass_settings::yaml::{Position, ShownLines, YamlError};

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

    /// An error at a place of the text.
    pub fn at(&self, place: impl Into<Position>, message: impl Into<String>) -> YamlError {
        let shown = self.shared.shown.get_or_init(|| ShownLines::of(self.text()));
        YamlError::within(self.path(), shown, place, message)
    }
}
