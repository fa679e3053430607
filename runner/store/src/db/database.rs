use std::convert::Infallible;
use std::pin::Pin;
use std::result::Result as Either;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::PgPool;

use super::notices::Telling;
use super::sqlite::{Readers, Writer};
use super::{Connection, Result};

/// One open database: a way to read beside a way to write.
pub(crate) struct Database {
    pub(super) backend: Backend,
    pub(super) name: String,
    pub(super) commits: Arc<AtomicU64>,
    pub(super) telling: Telling,
}

pub(super) enum Backend {
    Sqlite { readers: Readers, writer: Writer },
    Postgres(PgPool),
}

/// What a piece of work comes to: something that is kept, or a reason to undo it.
pub(crate) type Outcome<T, R> = Result<Either<T, R>>;

/// The future of a piece of work that has no reason to be undone but an error.
pub(crate) type Changing<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The future of a piece of work.
pub(crate) type Working<'a, T, R> = Pin<Box<dyn Future<Output = Outcome<T, R>> + Send + 'a>>;

impl Database {
    /// What people call it; without a password.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many transactions were committed through this value.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Whether each call of [`Self::write`] is a transaction of its own.
    pub(crate) fn commits_each(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
    }

    /// Does a piece of work in a transaction. What it did is durable when this returns `Ok(Ok(_))`, and undone
    /// otherwise. If the future is dropped it is done whole or not at all.
    pub(crate) async fn write<T, R, F>(&self, work: F) -> Outcome<T, R>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: for<'a> FnOnce(&'a mut Connection) -> Working<'a, T, R> + Send + 'static,
    {
        match &self.backend {
            Backend::Sqlite { writer, .. } => writer.write(work).await,
            Backend::Postgres(pool) => {
                let mut db = Connection::Postgres(super::postgres::begin(pool).await?);
                let outcome = work(&mut db).await?;
                let Connection::Postgres(transaction) = db else { unreachable!("it was made above") };
                match &outcome {
                    Ok(_) => {
                        transaction.commit().await?;
                        self.commits.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(_) => transaction.rollback().await?,
                }
                Ok(outcome)
            }
        }
    }

    /// Does a piece of work that has no reason to be undone but an error.
    pub(crate) async fn change<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Connection) -> Changing<'a, T> + Send + 'static,
    {
        let work = self.write(move |db| {
            let changing = work(db);
            Box::pin(async move { changing.await.map(Ok::<T, Infallible>) })
        });
        let Ok(done) = work.await?;
        Ok(done)
    }

    pub(crate) async fn close(&self) {
        match &self.backend {
            Backend::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Backend::Postgres(pool) => pool.close().await,
        }
    }
}
