use std::path::PathBuf;

use crate::check::check_url;

/// Where executions are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Which database it is.
    pub backend: Backend,
    /// What outlives which accident.
    pub durability: Durability,
}

/// Which database it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file in `data_dir`.
    Sqlite,
    /// A server, which processes of several machines may share.
    Postgres(Postgres),
}

/// A PostgreSQL database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postgres {
    /// `postgres://[user@]host[:port]/database[?parameters]`; never with a password in it.
    pub url: String,
    /// The file with the private key of the client's certificate, which the URL names.
    pub key_file: Option<PathBuf>,
    /// The file with the user's password. Whether others may read it is for those to check who use it.
    pub password_file: Option<PathBuf>,
    /// Connections of one process, 2 to 100.
    pub max_connections: u32,
}

/// Why the address of a database is refused; without any part of it, which could be a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// It is no address of PostgreSQL.
    #[error("{}", Self::FORM)]
    Scheme,
    /// There is a password in it, which whoever sees the address would see.
    #[error("the password of a database does not belong into its address")]
    Password,
    /// It breaks another rule.
    #[error("{0}")]
    Form(String),
}

impl DatabaseUrlError {
    pub(crate) const FORM: &str =
        "a database is written like `postgres://db.example.com/windlass`, its user as `user@` before the host";
}

impl Postgres {
    /// Whether a text could be a [`url`](Self::url), for one that does not come from the configuration.
    ///
    /// # Errors
    /// Why not.
    pub fn check_url(url: &str) -> Result<(), DatabaseUrlError> {
        check_url(url)
    }
}

/// What outlives which accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// What was recorded outlives a machine that loses power.
    Full,
    /// It outlives a process that is killed; a machine that loses power may lose the last moments.
    Process,
}

impl Durability {
    /// How it is written.
    pub const NAMES: &[&str] = &["full", "process"];

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "full" => Ok(Self::Full),
            "process" => Ok(Self::Process),
            _ => Err(format!("it is one of `{}`", Self::NAMES.join("`, `"))),
        }
    }
}
