use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::{Access, Place};
use crate::db::{DatabaseError, Result};

/// How many read at a time.
const READERS: usize = 4;

/// Connections of SQLite that only read, each opened when it is first needed. Reading happens on the threads that may
/// block.
pub(in crate::db) struct Readers {
    turns: Semaphore,
    idle: Arc<Mutex<Vec<Connection>>>,
    place: Place,
}

impl Readers {
    pub(super) fn new(place: Place) -> Self {
        Self { turns: Semaphore::new(READERS), idle: Arc::default(), place }
    }

    /// Where the database is.
    pub(in crate::db) fn place(&self) -> &Place {
        &self.place
    }

    pub(in crate::db) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _turn = self.turns.acquire().await.map_err(|_| DatabaseError::closed())?;
        let (idle, place) = (Arc::clone(&self.idle), self.place.clone());
        let reading = spawn_blocking(move || {
            let free = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = free.map_or_else(|| place.connect(Access::Read), Ok)?;
            let done = work(&connection);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            done
        });
        reading.await.map_err(|_| DatabaseError::closed())?
    }

    /// Waits for those who read, and lets nobody read any more.
    pub(in crate::db) async fn close(&self) {
        let most = u32::try_from(READERS).unwrap_or(u32::MAX);
        let all = self.turns.acquire_many(most).await;
        self.turns.close();
        drop(all);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
