use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use rusqlite::ffi;
use sqlx::error::ErrorKind;

use crate::UnknownWord;

pub(crate) type Result<T, E = DatabaseError> = std::result::Result<T, E>;

/// What the database or the way to it says. All that were written together share one.
#[derive(Clone)]
pub struct DatabaseError(Arc<Cause>);

enum Cause {
    Sqlite(rusqlite::Error),
    Postgres(sqlx::Error),
    File(io::Error),
    /// A word that is none of those that a column may have.
    Word {
        column: String,
        source: UnknownWord,
    },
    /// What was being done with which rows.
    At {
        place: String,
        source: DatabaseError,
    },
    NoRow,
    NoArgument,
    Closed,
}

/// The constraint that a statement broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    Unique,
    ForeignKey,
}

impl DatabaseError {
    pub(crate) fn broken(&self) -> Option<Broken> {
        match &*self.0 {
            Cause::Sqlite(error) => match error.sqlite_error()?.extended_code {
                ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => Some(Broken::Unique),
                ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some(Broken::ForeignKey),
                _ => None,
            },
            Cause::Postgres(error) => match error.as_database_error()?.kind() {
                ErrorKind::UniqueViolation => Some(Broken::Unique),
                ErrorKind::ForeignKeyViolation => Some(Broken::ForeignKey),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a statement was refused, so that nothing of its transaction is kept. Otherwise it may be that only the answer
    /// was lost.
    pub(crate) fn is_refusal(&self) -> bool {
        match &*self.0 {
            Cause::Postgres(sqlx::Error::Database(said)) => !super::postgres::has_stopped(&**said),
            _ => false,
        }
    }

    /// What a person can do about it.
    pub(crate) fn help(&self) -> Option<String> {
        let help = match &*self.0 {
            Cause::Sqlite(error) => super::sqlite::help(error.sqlite_error()?.extended_code)?,
            Cause::Postgres(error) => match error.as_database_error() {
                Some(said) => super::postgres::help(&said.code()?)?,
                None => super::postgres::unreached(error)?,
            },
            Cause::File(_) => super::sqlite::UNOPENED,
            Cause::At { source, .. } => return source.help(),
            _ => return None,
        };
        Some(help.to_owned())
    }

    /// The same, with the rows that it happened to: "table `job`, rows 1 to 20".
    pub(super) fn at(self, place: String) -> Self {
        Cause::At { place, source: self }.into()
    }

    /// There should have been a row.
    pub(crate) fn no_row() -> Self {
        Cause::NoRow.into()
    }

    /// A statement mentions an argument that it was not given.
    pub(super) fn no_argument() -> Self {
        Cause::NoArgument.into()
    }

    /// The database was closed meanwhile.
    pub(crate) fn closed() -> Self {
        Cause::Closed.into()
    }

    pub(super) fn word(column: &str, source: UnknownWord) -> Self {
        Cause::Word { column: column.to_owned(), source }.into()
    }
}

impl From<Cause> for DatabaseError {
    fn from(cause: Cause) -> Self {
        Self(Arc::new(cause))
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        Cause::Sqlite(error).into()
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        Cause::Postgres(error).into()
    }
}

impl From<io::Error> for DatabaseError {
    fn from(error: io::Error) -> Self {
        Cause::File(error).into()
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Cause::Sqlite(error) => error.fmt(f),
            Cause::Postgres(error) => error.fmt(f),
            Cause::File(error) => error.fmt(f),
            Cause::Word { column, .. } => write!(f, "column `{column}` cannot be read"),
            Cause::At { place, source } => write!(f, "{place}: {source}"),
            Cause::NoRow => f.write_str("a row is missing"),
            Cause::NoArgument => f.write_str("a statement lacks an argument"),
            Cause::Closed => f.write_str("the database was closed meanwhile"),
        }
    }
}

impl fmt::Debug for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for DatabaseError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.0 {
            Cause::Sqlite(error) => error.source(),
            Cause::Postgres(error) => error.source(),
            Cause::File(error) => error.source(),
            Cause::Word { source, .. } => Some(source),
            Cause::At { source, .. } => source.source(),
            Cause::NoRow | Cause::NoArgument | Cause::Closed => None,
        }
    }
}
