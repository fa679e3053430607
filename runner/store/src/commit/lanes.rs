//! What several tasks record at the same time is one transaction on PostgreSQL: however much is in it, it is synchronised to the
//! disk once, locks are taken once, and the server is asked a few times. (The writer of SQLite does the same.)

use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Piece;
use crate::db::{self, DatabaseError};
use crate::{Store, StoreError};

/// So many are recorded together.
const MOST: usize = 64;
/// A transaction that takes longer than this, on a connection that was cut off for example, does not keep the next waiting.
const PATIENCE: Duration = Duration::from_secs(2);

type Outcome = db::Result<Result<(), StoreError>>;

/// What waits to be recorded, in two lines: who begins executions of a job may have to wait for other members that do, and
/// nobody else should.
#[derive(Default)]
pub(crate) struct Lanes {
    claims: Lane,
    facts: Lane,
}

#[derive(Default)]
struct Lane {
    waiting: Mutex<Vec<(Piece, oneshot::Sender<Outcome>)>>,
    /// One transaction at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Lanes {
    fn of(&self, may_wait: bool) -> &Lane {
        if may_wait { &self.claims } else { &self.facts }
    }
}

impl Store {
    /// Records a piece with those that others record now.
    pub(super) async fn write_together(&self, piece: Piece) -> Outcome {
        let (told, outcome) = oneshot::channel();
        let may_wait = piece.may_wait();
        self.lanes().of(may_wait).push(piece, told);
        let store = self.clone();
        // It goes on for the others when this one is dropped.
        tokio::spawn(async move {
            let lane = store.lanes().of(may_wait);
            let turn = lane.turn.lock().await;
            let (pieces, told): (Vec<_>, Vec<_>) = lane.take().into_iter().unzip();
            let mut recording = pin!(store.record_all(pieces));
            let outcomes = match timeout(PATIENCE, &mut recording).await {
                Ok(outcomes) => outcomes,
                Err(_) => {
                    drop(turn);
                    recording.await
                }
            };
            for (told, outcome) in told.into_iter().zip(outcomes) {
                let _whoever_asked_may_be_gone = told.send(outcome);
            }
        });
        outcome.await.unwrap_or_else(|_| Err(DatabaseError::closed()))
    }

    async fn record_all(&self, pieces: Vec<Piece>) -> Vec<Outcome> {
        let count = pieces.len();
        let alone = if count <= 1 {
            pieces
        } else {
            let all = self.db().write(move |db| Box::pin(Piece::record_all(db, pieces))).await;
            match all {
                Ok(Ok(())) => return (0..count).map(|_| Ok(Ok(()))).collect(),
                Ok(Err(pieces)) => pieces,
                Err(error) => return (0..count).map(|_| Err(error.clone())).collect(),
            }
        };
        let mut outcomes = Vec::with_capacity(count);
        for mut piece in alone {
            outcomes.push(self.db().write(move |db| Box::pin(async move { piece.record(db).await })).await);
        }
        outcomes
    }
}

impl Lane {
    fn push(&self, piece: Piece, told: oneshot::Sender<Outcome>) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((piece, told));
    }

    fn take(&self) -> Vec<(Piece, oneshot::Sender<Outcome>)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(MOST);
        waiting.drain(..count).collect()
    }
}

#[cfg(test)]
mod tests;
