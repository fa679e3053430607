use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Access, Place};
use crate::db::{Connection, DatabaseError, Result, sql};

/// A piece of work that somebody waits for.
pub(super) trait Piece: Send {
    /// Does it; called once.
    fn run<'a>(&'a mut self, db: &'a mut Connection) -> Pin<Box<dyn Future<Output = Done> + Send + 'a>>;

    /// Tells the one who waits, after the end of the transaction.
    fn answer(self: Box<Self>, committed: Result<()>);
}

/// What a piece of work comes to.
pub(super) enum Done {
    Kept,
    Refused,
    Failed(DatabaseError),
}

/// Commits groups of pieces on one connection of SQLite.
///
/// A connection serves the next group only if this one ended in order. Otherwise it is closed, which undoes an open
/// transaction, and the next group gets another: SQLite itself may have ended the transaction (on a full disk, for one).
pub(super) struct Groups {
    connection: Option<Connection>,
    place: Place,
    commits: Arc<AtomicU64>,
}

impl Groups {
    pub(super) fn new(connection: Connection, place: Place, commits: Arc<AtomicU64>) -> Self {
        Self { connection: Some(connection), place, commits }
    }

    /// Commits the pieces together and then tells all of them.
    pub(super) async fn commit(&mut self, mut pieces: Vec<Box<dyn Piece>>) {
        if pieces.is_empty() {
            return;
        }
        let committed = self.attempt(&mut pieces).await;
        for piece in pieces {
            piece.answer(committed.clone());
        }
    }

    async fn attempt(&mut self, pieces: &mut [Box<dyn Piece>]) -> Result<()> {
        let mut db = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::Sqlite(self.place.connect(Access::Write)?),
        };
        let kept = match pieces {
            [piece] => alone(&mut db, piece.as_mut()).await?,
            pieces => together(&mut db, pieces).await?,
        };
        db.execute(sql(if kept { "COMMIT" } else { "ROLLBACK" })).await?;
        self.commits.fetch_add(u64::from(kept), Ordering::Relaxed);
        self.connection = Some(db);
        Ok(())
    }

    pub(super) fn close(&mut self) {
        self.connection = None; // all commits are durable already
    }
}

/// Whether there is anything to commit.
async fn alone(db: &mut Connection, piece: &mut dyn Piece) -> Result<bool> {
    db.execute(sql("BEGIN IMMEDIATE")).await?;
    match piece.run(db).await {
        Done::Kept => Ok(true),
        Done::Refused => Ok(false),
        Done::Failed(cause) => Err(cause),
    }
}

/// Whether there is anything to commit. Each piece has a savepoint, so that one that is refused is undone alone.
async fn together(db: &mut Connection, pieces: &mut [Box<dyn Piece>]) -> Result<bool> {
    db.execute(sql("BEGIN IMMEDIATE")).await?;
    db.execute(sql("SAVEPOINT piece")).await?;
    let mut any = false;
    let last = pieces.len() - 1;
    for (index, piece) in pieces.iter_mut().enumerate() {
        match piece.run(db).await {
            Done::Kept if index == last => any = true,
            Done::Kept => {
                any = true;
                db.execute(sql("RELEASE piece")).await?;
                db.execute(sql("SAVEPOINT piece")).await?;
            }
            // If SQLite itself has ended the transaction there is no such savepoint, and all fail.
            Done::Refused | Done::Failed(_) => {
                db.execute(sql("ROLLBACK TO piece")).await?;
            }
        }
    }
    Ok(any)
}
