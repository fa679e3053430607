use std::io;
use std::path::PathBuf;

use windlass_credentials::AccountError;
use windlass_errors::{Code, Report};
use windlass_hosting::HostingError;
use windlass_settings::yaml::YamlError;
use windlass_store::StoreError;

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
    /// An option that was given or is missing.
    #[error("{message}")]
    Option {
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
}

impl JobError {
    pub(crate) fn at(code: &'static str, error: YamlError) -> Self {
        Self::At { code, error: Box::new(error) }
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
            Self::Option { .. } => "job.invalid-option",
        })
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => Some("give the path of a job file, `windlass run JOB.yaml`".to_owned()),
            Self::At { error, .. } => error.hint.clone(),
            Self::Option { help, .. } => Some(help.clone()),
        }
    }

    fn snippet(&self) -> Option<String> {
        match self {
            Self::At { error, .. } => Some(error.snippet.clone()),
            _ => None,
        }
    }
}

/// Why a job did not run, or could not be recorded. A step that failed is no error of the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The job or its options.
    #[error(transparent)]
    Job(#[from] JobError),
    /// An account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A plugin.
    #[error(transparent)]
    Plugin(#[from] HostingError),
    /// A step wants a freedom that no administrator has allowed.
    #[error("step `{step}` may not run: {what}")]
    NotPermitted {
        /// The step's id.
        step: String,
        /// What it wants.
        what: String,
        /// Who may allow it, and how.
        help: String,
    },
    /// A place that a step connects to is malformed.
    #[error("step `{step}` cannot be connected: {message}")]
    Destination {
        /// The step's id.
        step: String,
        /// What is wrong with which place.
        message: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EngineError {
    fn report(&self) -> Option<&dyn Report> {
        match self {
            Self::Job(error) => Some(error),
            Self::Account(error) => Some(error),
            Self::Plugin(error) => Some(error),
            Self::Store(error) => Some(error),
            Self::NotPermitted { .. } | Self::Destination { .. } => None,
        }
    }
}

impl Report for EngineError {
    fn code(&self) -> Code {
        match self {
            Self::NotPermitted { .. } => Code::new("plugin.not-permitted"),
            Self::Destination { .. } => Code::new("job.invalid-step"),
            _ => self.report().map_or(Code::new("internal"), Report::code),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::NotPermitted { help, .. } => Some(help.clone()),
            _ => self.report()?.help(),
        }
    }

    fn snippet(&self) -> Option<String> {
        self.report()?.snippet()
    }
}
