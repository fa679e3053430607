use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a step failed.
///
/// The code is dotted and stable (`cloudwatch-logs.malformed-query`), its area the plugin's own name or `step`; the
/// runner turns any other into `step.failed`. The message is one lowercase line that says what happened to which thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepError {
    /// The stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl StepError {
    /// A failure with a code and a message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), help: None }
    }

    /// The step stopped because it was told to.
    pub fn cancelled() -> Self {
        Self::new("step.cancelled", "stopped because the execution was cancelled")
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StepError {}
