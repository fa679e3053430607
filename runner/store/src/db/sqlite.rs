//! SQLite in the data directory: one connection that writes on a thread of its own, a few that read.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::OpenFlags;

use super::database::Backend;
use super::migrations::LATEST;
use super::migrations::sqlite::{may_serve, migrate, version};
use super::notices::Telling;
use super::{Connection, Database, DatabaseError, Result};
use crate::{Durability, StoreError};

mod create;
mod group;
pub(super) mod prepared;
mod readers;
mod writer;

pub(super) use readers::Readers;
pub(super) use writer::Writer;

/// The name of the database in the data directory.
const FILE: &str = "windlass.db";
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);
/// How many prepared statements a connection keeps; more than there are texts.
const STATEMENTS: usize = 256;

impl Database {
    pub(crate) async fn open_sqlite(data_dir: &Path, durability: Durability) -> Result<Self, StoreError> {
        let place = Place { file: data_dir.join(FILE), durability };
        let name = place.file.display().to_string();
        let opening = place.clone();
        let opened = tokio::task::spawn_blocking(move || open(&opening)).await;
        let connection = opened
            .unwrap_or_else(|_| Err(StoreError::Open { database: name.clone(), source: DatabaseError::closed() }))?;
        let commits = Arc::default();
        let writer = Writer::start(Connection::Sqlite(connection), place.clone(), Arc::clone(&commits));
        let writer = writer.map_err(|source| StoreError::Open { database: name.clone(), source })?;
        let backend = Backend::Sqlite { readers: Readers::new(place), writer };
        Ok(Self { backend, name, commits, telling: Telling::default() })
    }
}

/// Where a database is, and what its commits wait for.
#[derive(Clone)]
pub(super) struct Place {
    file: PathBuf,
    durability: Durability,
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

impl Place {
    /// A connection to the database that is there.
    pub(super) fn connect(&self, access: Access) -> Result<rusqlite::Connection> {
        let access = match access {
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let connection = rusqlite::Connection::open_with_flags(&self.file, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "foreign_keys", true)?;
        // What a statement notes for itself needs no file, and belongs into no folder but the data directory.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        let synchronous = match self.durability {
            Durability::Full => "FULL",
            Durability::Process => "NORMAL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        Ok(connection)
    }
}

/// The writer's connection to a database of the newest schema.
fn open(place: &Place) -> Result<rusqlite::Connection, StoreError> {
    let database = || place.file.display().to_string();
    let unopened = |source: DatabaseError| StoreError::Open { database: database(), source };
    match place.file.try_exists() {
        Ok(true) => {}
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Err(unopened(error.into())),
        Ok(false) | Err(_) => create::create(&place.file)?,
    }
    let mut connection = place.connect(Access::Write).map_err(unopened)?;
    let mut found = version(&connection).map_err(|error| unopened(error.into()))?;
    if found == 0 {
        return Err(StoreError::Foreign { database: database() });
    }
    if found < LATEST {
        let failed =
            |source: rusqlite::Error| StoreError::Migrate { database: database(), to: LATEST, source: source.into() };
        found = migrate(&mut connection).map_err(failed)?;
    }
    if found > LATEST && !may_serve(&connection, found).map_err(|error| unopened(error.into()))? {
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
