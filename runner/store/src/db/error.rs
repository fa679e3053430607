use std::fmt;
use std::sync::Arc;

use sqlx::error::ErrorKind;

pub(crate) type Result<T> = std::result::Result<T, DatabaseError>;

/// What the database or the way to it says. All that were written together share one.
#[derive(Clone)]
pub struct DatabaseError(Arc<sqlx::Error>);

/// The constraint that a statement broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    Unique,
    ForeignKey,
}

impl DatabaseError {
    pub(crate) fn broken(&self) -> Option<Broken> {
        match self.0.as_database_error()?.kind() {
            ErrorKind::UniqueViolation => Some(Broken::Unique),
            ErrorKind::ForeignKeyViolation => Some(Broken::ForeignKey),
            _ => None,
        }
    }

    /// What a person can do about it.
    pub(crate) fn help(&self) -> Option<String> {
        let error = &*self.0;
        let help = match (error, error.as_database_error()) {
            (_, Some(said)) if said.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() => {
                super::sqlite::help(said.code()?.parse().ok()?)?
            }
            (_, Some(said)) => super::postgres::help(&said.code()?)?,
            (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut, _) => {
                super::postgres::unreached(error)?
            }
            _ => return None,
        };
        Some(help.to_owned())
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for DatabaseError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
