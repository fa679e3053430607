use std::path::Path;
use std::sync::Arc;

use crate::commit::Lanes;
use crate::db::{Database, DatabaseError};
use crate::{Durability, Location, StoreError};

/// The open database. Clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Database>,
    lanes: Arc<Lanes>,
}

impl Store {
    /// Opens the database.
    ///
    /// SQLite: makes the folder (mode 0700) and the database (mode 0600) when there is none. PostgreSQL: the database
    /// must be there, and the server answer within 10 seconds. A database that an older Windlass wrote is brought to the
    /// newest schema first; one that is up to date is only read. Needs a tokio runtime with time, which must stay for as
    /// long as anything is written.
    ///
    /// # Errors
    /// `store.unavailable` when the database cannot be made, reached, opened or read, `store.newer` when a newer
    /// Windlass wrote it.
    pub async fn open(location: &Location, durability: Durability) -> Result<Self, StoreError> {
        let database = match location {
            Location::Sqlite { data_dir } => Database::open_sqlite(data_dir, durability).await?,
            Location::Postgres(location) => Database::open_postgres(location, durability).await?,
        };
        Ok(Self { inner: Arc::new(database), lanes: Arc::default() })
    }

    /// The time in milliseconds since 1970 UTC, by the database's clock if it has one: all members agree about it.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn now(&self) -> Result<i64, StoreError> {
        self.db().now().await.map_err(self.unread("the time"))
    }

    /// Opens SQLite in `data_dir` with full durability.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_folder(data_dir: &Path) -> Result<Self, StoreError> {
        Self::open(&Location::Sqlite { data_dir: data_dir.to_owned() }, Durability::Full).await
    }

    /// Closes the database for all clones. On SQLite this moves what is in the write-ahead log into the file if no other
    /// process has it open; skipping it loses nothing, and the next start then reads the log.
    pub async fn close(self) {
        self.inner.close().await;
    }

    /// What people call the database: a path, or a URL without a password.
    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// How many transactions this value and its clones have committed. Many callers may share one, and each is one
    /// synchronisation of the disk.
    pub fn commits(&self) -> u64 {
        self.inner.commits()
    }

    pub(crate) fn db(&self) -> &Database {
        &self.inner
    }

    pub(crate) fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    pub(crate) fn unread(&self, what: &'static str) -> impl Fn(DatabaseError) -> StoreError {
        move |source| StoreError::Read { what, database: self.name().to_owned(), source }
    }

    pub(crate) fn unwritten(&self, what: &'static str) -> impl Fn(DatabaseError) -> StoreError {
        move |source| StoreError::Write { what, database: self.name().to_owned(), source }
    }
}

#[cfg(test)]
mod tests;
