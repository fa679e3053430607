use std::ops::Range;

use super::Field;

/// What is wrong with a cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CronError {
    /// In which field, when it is one.
    pub field: Option<Field>,
    /// Which bytes of the text.
    pub range: Range<usize>,
    /// What, with the field's name.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl CronError {
    pub(super) fn whole(text: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { field: None, range: 0..text.len(), message: message.into(), hint: hint.into() }
    }
}
