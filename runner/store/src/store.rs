use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Mutex;

use crate::StoreError;
use crate::create::create;
use crate::migrations::{LATEST, migrate, version};
use crate::writer::Writer;

/// The name of the database in the data directory.
const FILE: &str = "windlass.db";
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

/// The open database. Clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    file: PathBuf,
    options: SqliteConnectOptions,
    writer: Mutex<Option<SqliteConnection>>,
    readers: SqlitePool,
}

impl Store {
    /// Opens the database in `data_dir`; makes the folder (mode 0700) and the database (mode 0600) when there is none.
    ///
    /// A database that an older Windlass wrote is brought to the newest schema first; one that is up to date is only
    /// read. Needs a tokio runtime with time.
    ///
    /// # Errors
    /// `store.unavailable` when the folder or file cannot be made, opened or read, `store.newer` when a newer Windlass
    /// wrote it.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let file = data_dir.join(FILE);
        let options = options(&file);
        match file.try_exists() {
            Ok(true) => {}
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(StoreError::Open { path: file, source: error.into() });
            }
            Ok(false) | Err(_) => create(&file, &options).await?,
        }
        let writer = Mutex::new(Some(connect(&file, &options).await?));
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options.clone().read_only(true));
        Ok(Self { inner: Arc::new(Inner { file, options, writer, readers }) })
    }

    /// Closes the database for all clones, and moves what is in the write-ahead log into the file if no other process
    /// has it open. Skipping this loses nothing; the next start then reads the log.
    pub async fn close(self) {
        self.inner.readers.close().await;
        if let Some(writer) = self.inner.writer.lock().await.take() {
            let _ = writer.close().await; // all commits are durable already
        }
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.inner.readers
    }

    pub(crate) async fn writer(&self) -> sqlx::Result<Writer<'_>> {
        let mut place = self.inner.writer.lock().await;
        let connection = match place.take() {
            Some(connection) => connection,
            None if self.inner.readers.is_closed() => return Err(sqlx::Error::PoolClosed),
            None => self.inner.options.connect().await?,
        };
        Ok(Writer::new(place, connection))
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.inner.file.clone()
    }

    pub(crate) fn unread(&self, what: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
        move |source| StoreError::Read { what, path: self.file(), source }
    }

    pub(crate) fn unwritten(&self, what: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
        move |source| StoreError::Write { what, path: self.file(), source }
    }
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .disable_statement_logging()
}

async fn connect(file: &Path, options: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    let path = || file.to_owned();
    let unopened = |source| StoreError::Open { path: path(), source };
    let mut connection = options.connect().await.map_err(unopened)?;
    match version(&mut connection).await.map_err(unopened)? {
        LATEST => {}
        0 => return Err(StoreError::Foreign { path: path() }),
        found if found > LATEST => return Err(StoreError::Newer { path: path(), found, known: LATEST }),
        _ => {
            let failed = |source| StoreError::Migrate { path: path(), to: LATEST, source };
            migrate(&mut connection).await.map_err(failed)?;
        }
    }
    Ok(connection)
}

#[cfg(test)]
mod tests;
