use std::fmt;
use std::path::PathBuf;

use windlass_errors::{Code, Report};

use crate::yaml::YamlError;

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the configuration file `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The configuration breaks rules.
    #[error("{0}")]
    Invalid(Problems),
}

impl Report for SettingsError {
    fn code(&self) -> Code {
        match self {
            Self::Unreadable { .. } => Code::new("config.unreadable"),
            Self::Invalid(_) => Code::new("config.invalid"),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => {
                Some("name another file with `--config` or `WINDLASS_CONFIG`, or let this user read it".to_owned())
            }
            Self::Invalid(problems) => problems.first.hint.clone(),
        }
    }

    fn snippet(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Invalid(problems) => problems.snippet(),
        }
    }
}

/// A broken rule, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `path:line:column`, `environment NAME` or `flag --NAME`.
    pub origin: String,
    /// One lowercase line, without values.
    pub message: String,
    /// The lines of the file, when the value comes from one.
    pub snippet: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.message)
    }
}

impl From<YamlError> for Problem {
    fn from(error: YamlError) -> Self {
        let origin = format!("{}:{}:{}", error.path.display(), error.line, error.column);
        Self { origin, message: error.message, snippet: Some(error.snippet), hint: error.hint }
    }
}

/// The broken rules of a configuration, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    first: Problem,
    others: Vec<Problem>,
}

impl Problems {
    pub(crate) fn new(problems: Vec<Problem>) -> Option<Self> {
        let mut problems = problems.into_iter();
        Some(Self { first: problems.next()?, others: problems.collect() })
    }

    pub(crate) fn one(problem: Problem) -> Self {
        Self { first: problem, others: Vec::new() }
    }

    /// All of them, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The first one's lines, then each other with its message, lines and hint.
    fn snippet(&self) -> Option<String> {
        let mut text = self.first.snippet.clone().unwrap_or_default();
        for problem in &self.others {
            text += &format!("also: {problem}\n{}", problem.snippet.as_deref().unwrap_or_default());
            text.extend(problem.hint.iter().map(|hint| format!("      {hint}\n")));
        }
        (!text.is_empty()).then_some(text)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        match self.others.len() {
            0 => Ok(()),
            1 => f.write_str(" (and 1 more problem)"),
            more => write!(f, " (and {more} more problems)"),
        }
    }
}
