use std::io;
use std::path::PathBuf;

use windlass_errors::{Code, Report};

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
    #[error("cannot bring the database `{}` to schema {to}", path.display())]
    Migrate {
        /// The database file.
        path: PathBuf,
        /// The schema that was wanted.
        to: i64,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// The file is there and cannot be opened as a database.
    #[error("cannot open the database `{}`", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// The file is an SQLite database, and not one of ours.
    #[error("`{}` is not a database of Windlass", path.display())]
    Foreign {
        /// The database file.
        path: PathBuf,
    },
    /// A newer Windlass has written the database.
    #[error("the database `{}` has schema {found}, and this Windlass knows schemas up to {known}", path.display())]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The schema of the database.
        found: i64,
        /// The newest schema that this Windlass knows.
        known: i64,
    },
    /// A query failed.
    #[error("cannot read {what} from the database `{}`", path.display())]
    Read {
        /// What was asked for.
        what: &'static str,
        /// The database file.
        path: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// A write failed; nothing of its transaction is kept.
    #[error("cannot write {what} to the database `{}`", path.display())]
    Write {
        /// What was to be written.
        what: &'static str,
        /// The database file.
        path: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// Compressed data cannot be unpacked.
    #[error("{what} in the database `{}` is damaged", path.display())]
    Damaged {
        /// What was to be read.
        what: &'static str,
        /// The database file.
        path: PathBuf,
        /// What zstd says.
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
}

impl Report for StoreError {
    fn code(&self) -> Code {
        Code::new(match self {
            Self::Newer { .. } => "store.newer",
            Self::StaleTransition { .. } => "internal",
            _ => "store.unavailable",
        })
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Folder { .. } | Self::CreateFile { .. } => {
                Some("make the folder writable for this user, or name another as `dataDir` or with `--data-dir`".into())
            }
            Self::Newer { .. } => {
                Some("install the version of Windlass that wrote it; databases only go forward".into())
            }
            Self::Foreign { .. } => Some("name another folder as `dataDir` or with `--data-dir`".into()),
            Self::Damaged { .. } => Some("restore the data directory from a backup".into()),
            Self::StaleTransition { .. } => None,
            Self::Open { source, .. }
            | Self::Migrate { source, .. }
            | Self::Read { source, .. }
            | Self::Write { source, .. } => sqlite_help(source),
        }
    }
}

/// What to do, by primary result code (<https://www.sqlite.org/rescode.html>).
fn sqlite_help(error: &sqlx::Error) -> Option<String> {
    const UNOPENED: &str = "make the data directory and the database file readable and writable for this user";
    if matches!(error, sqlx::Error::Io(_)) {
        return Some(UNOPENED.to_owned());
    }
    let extended: i32 = error.as_database_error()?.code()?.parse().ok()?;
    let help = match extended & 0xff {
        5 => "another process has kept the database busy for 5 seconds; try again when it is done",
        8 => "the file system is mounted read-only, or this user may not write the file",
        10 => "the disk reports errors; see the system log",
        11 | 26 => "the file is damaged or no database; restore the data directory from a backup",
        13 => "free some space on the disk that holds the data directory",
        14 => UNOPENED,
        _ => return None,
    };
    Some(help.to_owned())
}
