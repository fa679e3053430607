use std::ops::{Deref, DerefMut};

use sqlx::sqlite::SqliteConnection;
use tokio::sync::MutexGuard;

/// The connection that writes, held by one task at a time.
///
/// It serves the next task only if this one says that it is [done](Writer::done). After an error or a dropped future
/// it is closed, which undoes an open transaction, and the next task gets another: SQLite itself may have ended the
/// transaction (on a full disk, for one), and sqlx would believe for ever that it is open.
pub(crate) struct Writer<'a> {
    place: MutexGuard<'a, Option<SqliteConnection>>,
    connection: SqliteConnection,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(place: MutexGuard<'a, Option<SqliteConnection>>, connection: SqliteConnection) -> Self {
        Self { place, connection }
    }

    pub(crate) fn done(self) {
        let Self { mut place, connection } = self;
        *place = Some(connection);
    }
}

impl Deref for Writer<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Writer<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
