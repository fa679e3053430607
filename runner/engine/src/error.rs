use std::io;
use std::path::PathBuf;

use windlass_credentials::AccountError;
use windlass_errors::{Code, Report};
use windlass_hosting::{HostingError, StepFailure};
use windlass_jobs::{JobError, JobErrors};
use windlass_keys::KeyError;
use windlass_store::StoreError;

/// Why a job did not run, or could not be recorded. A step that failed is no error of the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The job or its options.
    #[error(transparent)]
    Job(#[from] JobErrors),
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
    /// A project that is none.
    #[error("`{project}` is no name of a project: {why}")]
    Project {
        /// The name.
        project: String,
        /// What is wrong with it.
        why: String,
    },
    /// A job that the project does not have.
    #[error("project `{project}` has no job `{name}`")]
    UnknownJob {
        /// The project.
        project: String,
        /// The name.
        name: String,
        /// A name that is much like it.
        hint: Option<String>,
    },
    /// An execution that cannot be repeated, or cannot go on, as it stands.
    #[error("execution `{execution}` {why}")]
    NotEnded {
        /// Its id.
        execution: uuid::Uuid,
        /// What is in the way.
        why: String,
        /// What to do instead.
        help: String,
    },
    /// A stored schedule that this version cannot read.
    #[error("this version of Windlass cannot read schedule `{name}` of job `{job}`: {why}")]
    Schedule {
        /// The job's name.
        job: String,
        /// The schedule's name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file or folder of a project cannot be read or written.
    #[error("cannot read or write `{}`", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that is not to be overwritten.
    #[error("`{}` is there already, with another text", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// This process cannot make itself known on its data directory.
    #[error("cannot join those that use the data directory `{}`", path.display())]
    Member {
        /// The data directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// This process may not run anything now, since it could not renew its lease. What it ran is ended and not recorded.
    #[error("the database was out of reach for longer than what runs here may go on without it")]
    CutOff,
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<JobError> for EngineError {
    fn from(error: JobError) -> Self {
        Self::Job(error.into())
    }
}

impl EngineError {
    fn report(&self) -> Option<&dyn Report> {
        match self {
            Self::Job(error) => Some(error),
            Self::Account(error) => Some(error),
            Self::Plugin(error) => Some(error),
            Self::Key(error) => Some(error),
            Self::Store(error) => Some(error),
            Self::NotPermitted { .. }
            | Self::Destination { .. }
            | Self::Project { .. }
            | Self::UnknownJob { .. }
            | Self::NotEnded { .. }
            | Self::Schedule { .. }
            | Self::Folder { .. }
            | Self::Exists { .. }
            | Self::Member { .. }
            | Self::CutOff => None,
        }
    }
}

impl Report for EngineError {
    fn code(&self) -> Code {
        match self {
            Self::NotPermitted { .. } => Code::new("plugin.not-permitted"),
            Self::Destination { .. } => Code::new("job.invalid-step"),
            Self::Project { .. } => Code::new("project.unknown"),
            Self::Folder { .. } | Self::Exists { .. } => Code::new("project.folder"),
            Self::UnknownJob { .. } => Code::new("job.unknown"),
            Self::NotEnded { .. } => Code::new("execution.not-ended"),
            Self::Schedule { .. } => Code::new("schedule.unreadable"),
            Self::Member { .. } => Code::new("store.unavailable"),
            Self::CutOff => Code::new("execution.lost"),
            _ => self.report().map_or(Code::new("internal"), Report::code),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::NotPermitted { help, .. } => Some(help.clone()),
            Self::UnknownJob { project, hint, .. } => Some(hint.clone().unwrap_or_else(|| {
                format!("it has none yet; `windlass project apply DIR --project {project}` brings them there")
            })),
            Self::NotEnded { help, .. } => Some(help.clone()),
            Self::Schedule { .. } => {
                Some("use the version that wrote it, or apply the job again with this one".to_owned())
            }
            Self::Exists { .. } => Some("give `--overwrite`, or another folder".to_owned()),
            Self::Folder { .. } => Some("give a folder that this user may read, and write for `export`".to_owned()),
            Self::CutOff => {
                Some("see that the database answers; `server.lease` says how long it may be away".to_owned())
            }
            Self::Member { .. } => Some("make the data directory writable for this user".to_owned()),
            _ => self.report()?.help(),
        }
    }

    fn snippet(&self) -> Option<String> {
        self.report()?.snippet()
    }
}

/// An error as the failure of a step: its causes in the message, where the account is defined in the help.
pub(crate) fn failure(error: &impl Report) -> StepFailure {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(this) = cause {
        message = format!("{message}: {this}");
        cause = this.source();
    }
    let code = error.code();
    let place = error.snippet().map(|place| match code.as_str().split_once('.') {
        Some(("job", _)) => format!("at {}", place.lines().next().unwrap_or_default()),
        _ => format!("the account is defined at {place}"),
    });
    let help: Vec<String> = error.help().into_iter().chain(place).collect();
    StepFailure { code, message, help: (!help.is_empty()).then(|| help.join("\n")), cut_off: false }
}
