//! SQLite in the data directory.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePoolOptions, SqliteSynchronous};

use super::create::create;
use super::database::Backend;
use super::migrations::LATEST;
use super::migrations::sqlite::{migrate, version};
use super::writer::Writer;
use super::{Connection, Database};
use crate::{Durability, StoreError};

/// The name of the database in the data directory.
const FILE: &str = "windlass.db";
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
/// How many prepared statements a connection keeps; more than there are texts.
const STATEMENTS: usize = 256;

impl Database {
    pub(crate) async fn open_sqlite(data_dir: &Path, durability: Durability) -> Result<Self, StoreError> {
        let file = data_dir.join(FILE);
        let name = file.display().to_string();
        let options = options(&file, durability);
        match file.try_exists() {
            Ok(true) => {}
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(StoreError::Open { database: name, source: sqlx::Error::Io(error).into() });
            }
            Ok(false) | Err(_) => create(&file, &options).await?,
        }
        let connection = Connection::Sqlite(Box::new(connect(&name, &options).await?));
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options.clone().read_only(true));
        let commits = Arc::default();
        let writer = Writer::start(connection, options, Arc::clone(&commits));
        Ok(Self { backend: Backend::Sqlite { readers, writer }, name, commits })
    }
}

fn options(file: &Path, durability: Durability) -> SqliteConnectOptions {
    let synchronous = match durability {
        Durability::Full => SqliteSynchronous::Full,
        Durability::Process => SqliteSynchronous::Normal,
    };
    SqliteConnectOptions::new()
        .filename(file)
        .foreign_keys(true)
        .synchronous(synchronous)
        .busy_timeout(BUSY)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging()
}

async fn connect(name: &str, options: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    let database = || name.to_owned();
    let unopened = |source: sqlx::Error| StoreError::Open { database: database(), source: source.into() };
    let mut connection = options.connect().await.map_err(unopened)?;
    let mut found = version(&mut connection).await.map_err(unopened)?;
    if found == 0 {
        return Err(StoreError::Foreign { database: database() });
    }
    if found < LATEST {
        let failed =
            |source: sqlx::Error| StoreError::Migrate { database: database(), to: LATEST, source: source.into() };
        found = migrate(&mut connection).await.map_err(failed)?;
    }
    if found > LATEST {
        return Err(StoreError::Newer { database: database(), found, known: LATEST });
    }
    Ok(connection)
}

pub(super) const UNOPENED: &str = "make the data directory and the database file readable and writable for this user";

/// What to do, by result code (<https://www.sqlite.org/rescode.html>).
pub(super) fn help(extended: i32) -> Option<&'static str> {
    Some(match extended & 0xff {
        5 => "another process has kept the database busy for 5 seconds; try again when it is done",
        8 => "the file system is mounted read-only, or this user may not write the file",
        10 => "the disk reports errors; see the system log",
        11 | 26 => "the file is damaged or no database; restore the data directory from a backup",
        13 => "free some space on the disk that holds the data directory",
        14 => UNOPENED,
        _ => return None,
    })
}
