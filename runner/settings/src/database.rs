use std::path::PathBuf;

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
