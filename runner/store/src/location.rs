use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

/// Where the database is.
#[derive(Clone, Debug)]
pub enum Location {
    /// SQLite, in a folder of this machine.
    Sqlite {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// PostgreSQL, for installations on more than one machine.
    Postgres(PostgresLocation),
}

/// A database of a PostgreSQL server.
#[derive(Clone)]
pub struct PostgresLocation {
    /// `postgresql://USER@HOST:PORT/DATABASE`, with the parameters that libpq knows (`sslmode`, `sslrootcert`, ...).
    pub url: String,
    /// The password; it wins over one in the URL.
    pub password: Option<SecretString>,
    /// How many connections this process may have at once; at least 1. Each commit needs one for its time.
    pub max_connections: u32,
}

/// Says nothing of the URL, which may have a password in it.
impl fmt::Debug for PostgresLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresLocation").field("max_connections", &self.max_connections).finish_non_exhaustive()
    }
}

/// What a commit survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The loss of the machine: each group of commits waits until the disk has it.
    #[default]
    Full,
    /// The death of the process. The last commits before a power failure may be lost, whole.
    Process,
}
