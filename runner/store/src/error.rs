use std::fmt;
use std::io;
use std::path::PathBuf;

use uuid::Uuid;
use windlass_errors::{Code, Report};

use crate::DatabaseError;

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data directory is not there and cannot be made.
    #[error("cannot create the data directory `{}`", path.display())]
    Folder {
        /// The data directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no database and its file cannot be made.
    #[error("cannot create the database `{}`", path.display())]
    CreateFile {
        /// The database file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The schema cannot be written.
    #[error("cannot bring the database `{database}` to schema {to}")]
    Migrate {
        /// The database, without a password.
        database: String,
        /// The schema that was wanted.
        to: i64,
        /// What the database says.
        source: DatabaseError,
    },
    /// The file is there and cannot be opened as a database.
    #[error("cannot open the database `{database}`")]
    Open {
        /// The database, without a password.
        database: String,
        /// What the database says.
        source: DatabaseError,
    },
    /// The file is an SQLite database, and not one of ours.
    #[error("`{database}` is not a database of Windlass")]
    Foreign {
        /// The database, without a password.
        database: String,
    },
    /// A newer Windlass has written the database.
    #[error("the database `{database}` has schema {found}, and this Windlass knows schemas up to {known}")]
    Newer {
        /// The database, without a password.
        database: String,
        /// The schema of the database.
        found: i64,
        /// The newest schema that this Windlass knows.
        known: i64,
    },
    /// A query failed.
    #[error("cannot read {what} from the database `{database}`")]
    Read {
        /// What was asked for.
        what: &'static str,
        /// The database, without a password.
        database: String,
        /// What the database says.
        source: DatabaseError,
    },
    /// A write failed; nothing of its transaction is kept.
    #[error("cannot write {what} to the database `{database}`")]
    Write {
        /// What was to be written.
        what: &'static str,
        /// The database, without a password.
        database: String,
        /// What the database says.
        source: DatabaseError,
    },
    /// Compressed data cannot be unpacked.
    #[error("{what} in the database `{database}` is damaged")]
    Damaged {
        /// What was to be read.
        what: &'static str,
        /// The database, without a password.
        database: String,
        /// What zstd says.
        source: io::Error,
    },
    /// The URL of a PostgreSQL server cannot be read. It is not shown, since it may have a password in it.
    #[error("the URL of the database is not one of PostgreSQL")]
    Url,
    /// A file that the URL of a PostgreSQL server names cannot be read.
    #[error("cannot read `{}`, which `database.url` names as `{parameter}`", path.display())]
    UrlFile {
        /// The parameter of the URL.
        parameter: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A transition does not follow from what is recorded: another process was faster, or the caller is wrong.
    #[error("cannot record {what} of {subject}: {found}")]
    StaleTransition {
        /// The transition.
        what: String,
        /// Whose transition.
        subject: String,
        /// What the database holds instead.
        found: String,
    },
    /// An execution is not this member's to run, or not yet. A normal event where several look for work.
    #[error("cannot claim execution `{execution}`: {because}")]
    NotClaimed {
        /// The execution.
        execution: Uuid,
        /// Why.
        because: NotClaimed,
    },
    /// An execution is not run any more by the one who wants to record something of it: its member was taken for lost, and
    /// another has settled it.
    #[error("execution `{execution}` is no longer this process's: its lease was over, and another has settled it")]
    Lost {
        /// The execution.
        execution: Uuid,
    },
    /// A database was not copied.
    #[error("the database `{from}` cannot be copied to `{to}`: {why}")]
    NotCopied {
        /// The one, without a password.
        from: String,
        /// The other, without a password.
        to: String,
        /// Why not.
        why: String,
    },
    /// A job is not what the one who changes it believes: somebody else has changed it.
    #[error("job `{identity}` of project `{project}` has been changed meanwhile: {found}")]
    JobChanged {
        /// The project.
        project: String,
        /// The job's identity.
        identity: String,
        /// What the database holds.
        found: String,
    },
    /// There is an account of the name, and there was to be none.
    #[error("{} exists already, with version {version}", account(scope, name))]
    AccountExists {
        /// The project; empty for the system.
        scope: String,
        /// The account.
        name: String,
        /// The version that holds.
        version: i64,
    },
    /// An account is not what the one who changes it believes: somebody else has changed it.
    #[error("{} has been changed meanwhile: {}", account(scope, name), held(*found))]
    AccountChanged {
        /// The project; empty for the system.
        scope: String,
        /// The account.
        name: String,
        /// The version that holds; `None` when the account is not there.
        found: Option<i64>,
    },
    /// What a change of an account was held against is no longer so.
    #[error("other accounts or jobs have been changed meanwhile")]
    SeenChanged,
    /// Another job of the project has the name.
    #[error("project `{project}` has a job `{name}` already")]
    JobNameTaken {
        /// The project.
        project: String,
        /// The name.
        name: String,
    },
}

impl Report for StoreError {
    fn code(&self) -> Code {
        Code::new(match self {
            Self::Newer { .. } => "store.newer",
            Self::Lost { .. } | Self::NotClaimed { because: NotClaimed::NoLease, .. } => "execution.lost",
            Self::StaleTransition { .. } | Self::NotClaimed { .. } => "internal",
            Self::NotCopied { .. } => "store.not-copied",
            Self::JobChanged { .. } => "project.changed",
            Self::JobNameTaken { .. } => "job.invalid",
            Self::AccountExists { .. } => "account.exists",
            Self::AccountChanged { .. } | Self::SeenChanged => "account.changed",
            _ => "store.unavailable",
        })
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Folder { .. } | Self::CreateFile { .. } => {
                Some("make the folder writable for this user, or name another as `dataDir` or with `--data-dir`".into())
            }
            Self::Newer { .. } => Some(
                "install the version of Windlass that wrote it, or one before it; databases only go forward".into(),
            ),
            Self::Foreign { .. } => Some("name another folder as `dataDir` or with `--data-dir`".into()),
            Self::Damaged { .. } => Some("restore the database from a backup".into()),
            Self::StaleTransition { .. } | Self::NotClaimed { .. } => None,
            Self::Lost { .. } => Some("look at `windlass execution show` for what became of it".into()),
            Self::Open { source, .. }
            | Self::Migrate { source, .. }
            | Self::Read { source, .. }
            | Self::Write { source, .. } => source.help(),
            Self::UrlFile { .. } => Some("give a file in PEM that this user may read".into()),
            Self::NotCopied { .. } => Some("name an empty database of PostgreSQL: `createdb --owner USER NAME`".into()),
            Self::Url => Some("write it as `postgresql://USER@HOST:PORT/DATABASE`".into()),
            Self::JobChanged { .. } => Some("look at what `windlass project plan` says now, and apply again".into()),
            Self::JobNameTaken { .. } => Some("give one of the two another name".into()),
            Self::AccountExists { .. } => Some("edit that one, or choose another name".into()),
            Self::SeenChanged => Some("look at them as they are now, and change the account then".into()),
            Self::AccountChanged { .. } => Some("look at the account as it is now, and change that".into()),
        }
    }
}

fn account(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        format!("account `{name}` of the system")
    } else {
        format!("account `{name}` of project `{scope}`")
    }
}

fn held(version: Option<i64>) -> String {
    version.map_or_else(|| "it is not there".to_owned(), |version| format!("it has version {version}"))
}

/// Why an execution cannot be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotClaimed {
    /// It runs already, or has ended, or there is none.
    Taken,
    /// It was asked to stop.
    Cancelled,
    /// Its [`not_before`](crate::NewExecution::not_before) has not come.
    NotYet,
    /// As many executions of its job run as may.
    Limit,
    /// The member has not joined, or somebody has counted it as lost.
    NoMember,
    /// The member's lease is over.
    NoLease,
}

impl fmt::Display for NotClaimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken => "it is no longer queued",
            Self::Cancelled => "it was asked to stop",
            Self::NotYet => "its time has not come",
            Self::Limit => "as many executions of its job run as may",
            Self::NoMember => "the member has not joined",
            Self::NoLease => "the member's lease is over",
        })
    }
}
