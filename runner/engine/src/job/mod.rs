//! Job definitions.

mod read;
mod shape;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass_settings::AccountName;
use windlass_settings::yaml::{Position, YamlError, read as read_file};

use crate::JobError;
use crate::tree::Tree;

/// A job as its file defines it, every rule checked that needs no plugin and no option value.
#[derive(Clone, Debug)]
pub struct Job {
    /// The job's name; unique in its project.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// The account of steps that name none.
    pub account: Option<AccountName>,
    /// The region of steps that name none.
    pub region: Option<String>,
    /// How long the whole job may take.
    pub timeout: Option<Duration>,
    /// What a run can be given.
    pub options: Vec<OptionSpec>,
    /// What it does, in order.
    pub steps: Vec<Step>,
    pub(crate) file: JobText,
}

/// The file that a job was read from, for errors that are found later.
#[derive(Clone, Debug)]
pub(crate) struct JobText {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A value that a run can be given.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OptionSpec {
    /// Unique in the job, `[a-z][A-Za-z0-9_]*`.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// What values it has.
    pub kind: OptionKind,
    /// Whether a run without a value is refused.
    pub required: bool,
    /// The value when none is given.
    pub default: Option<Value>,
    /// The only values allowed; all when empty.
    pub values: Vec<Value>,
}

/// What values an option has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OptionKind {
    /// Any text.
    #[default]
    Text,
    /// A number, whole or not.
    Number,
    /// `true` or `false`.
    Boolean,
    /// One of `values`.
    Choice,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Unique in the job, `[a-z][A-Za-z0-9_]*`.
    pub id: String,
    /// Its step type.
    pub uses: StepType,
    /// Its account, if not the job's.
    pub account: Option<AccountName>,
    /// Its region, if not the job's.
    pub region: Option<String>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    pub(crate) uses_at: Position,
    pub(crate) with: Tree,
}

/// `plugin-name/step-name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepType {
    /// The plugin.
    pub plugin: String,
    /// The step type within it.
    pub step: String,
}

impl Job {
    /// Reads a job file.
    ///
    /// # Errors
    /// `job.unreadable`, or `job.invalid` with the place.
    pub fn read(path: &Path) -> Result<Self, JobError> {
        let text = read_file(path).map_err(|source| JobError::Unreadable { path: path.to_owned(), source })?;
        read::parse(&JobText { path: path.to_owned(), text })
    }

    /// The file as it was read.
    pub fn text(&self) -> &str {
        &self.file.text
    }
}

impl JobText {
    pub(crate) fn at(&self, place: impl Into<Position>, message: impl Into<String>) -> YamlError {
        YamlError::at(&self.path, &self.text, place, message)
    }
}

impl fmt::Display for StepType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.plugin, self.step)
    }
}

impl OptionKind {
    /// The word in a job file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Choice => "choice",
        }
    }
}
