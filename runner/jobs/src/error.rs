use std::io;
use std::path::PathBuf;

use windlass_errors::{Code, Report};
use windlass_settings::yaml::YamlError;

/// What is wrong with a job or its options.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The file cannot be read.
    #[error("cannot read the job file `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file breaks a rule at a place.
    #[error("{error}")]
    At {
        /// Which kind of rule.
        code: &'static str,
        /// Where, and what.
        error: Box<YamlError>,
    },
    /// A secret option is given by a key that a step of the project may not read.
    #[error("option `{option}`: {message}")]
    ForeignKey {
        /// The option.
        option: String,
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
    /// An option that was given or is missing, or a file that was given as one.
    #[error("{message}")]
    Option {
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
}

impl JobError {
    /// A broken rule at a place.
    pub fn at(code: &'static str, error: YamlError) -> Self {
        Self::At { code, error: Box::new(error) }
    }

    /// The line and column, both from 1; zero for what is wrong at no place.
    pub fn place(&self) -> (u64, u64) {
        match self {
            Self::At { error, .. } => (error.line, error.column),
            Self::Unreadable { .. } | Self::ForeignKey { .. } | Self::Option { .. } => (0, 0),
        }
    }

    /// The same error with a remedy, when it has none.
    #[must_use]
    pub fn or_hint(self, hint: impl Into<String>) -> Self {
        match self {
            Self::At { code, error } if error.hint.is_none() => Self::at(code, error.with_hint(hint)),
            other => other,
        }
    }

    pub(crate) fn option(message: String, help: impl Into<String>) -> Self {
        Self::Option { message, help: help.into() }
    }
}

impl From<YamlError> for JobError {
    fn from(error: YamlError) -> Self {
        Self::at("job.invalid", error)
    }
}

impl Report for JobError {
    fn code(&self) -> Code {
        Code::new(match self {
            Self::Unreadable { .. } => "job.unreadable",
            Self::At { code, .. } => code,
            Self::ForeignKey { .. } => "key.not-permitted",
            Self::Option { .. } => "job.invalid-option",
        })
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => Some("give the path of a job file, `windlass run JOB.yaml`".to_owned()),
            Self::At { error, .. } => error.hint.clone(),
            Self::ForeignKey { help, .. } | Self::Option { help, .. } => Some(help.clone()),
        }
    }

    fn snippet(&self) -> Option<String> {
        match self {
            Self::At { error, .. } => Some(error.snippet.clone()),
            _ => None,
        }
    }
}
