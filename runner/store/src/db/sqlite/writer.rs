use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::Place;
use super::group::{Done, Groups, Piece};
use crate::db::database::{Outcome, Working};
use crate::db::{Connection, DatabaseError, Result};

/// How many pieces of work may wait before those who bring more have to wait too.
const QUEUE: usize = 256;
/// The most pieces in one transaction.
const GROUP: usize = 128;

/// The one that writes to SQLite: a thread that takes all pieces of work that wait and commits them together, so that
/// they share one synchronisation of the disk.
pub(in crate::db) struct Writer {
    queue: mpsc::Sender<Order>,
}

enum Order {
    Work(Box<dyn Piece>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the thread; it ends when the value is dropped and all that waited is done. `connection` is its first.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn start(connection: Connection, place: Place, commits: Arc<AtomicU64>) -> Result<Self> {
        let (queue, orders) = mpsc::channel(QUEUE);
        let (runtime, groups) = (Handle::current(), Groups::new(connection, place, commits));
        thread::Builder::new().name("database".to_owned()).spawn(move || runtime.block_on(serve(orders, groups)))?;
        Ok(Self { queue })
    }

    pub(in crate::db) async fn write<T, R, F>(&self, work: F) -> Outcome<T, R>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: for<'a> FnOnce(&'a mut Connection) -> Working<'a, T, R> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let piece = Waiting { work: Some(work), outcome: None, reply };
        self.queue.send(Order::Work(Box::new(piece))).await.map_err(|_| DatabaseError::closed())?;
        answer.await.map_err(|_| DatabaseError::closed())?
    }

    pub(in crate::db) async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.queue.send(Order::Close(reply)).await.is_ok() {
            let _ = closed.await; // an error says that the thread has ended, and so its connection
        }
    }
}

async fn serve(mut orders: mpsc::Receiver<Order>, mut groups: Groups) {
    let mut taken = Vec::new();
    while orders.recv_many(&mut taken, GROUP).await > 0 {
        let mut pieces = Vec::with_capacity(taken.len());
        let mut closing = None;
        for order in taken.drain(..) {
            match order {
                Order::Work(piece) if closing.is_none() => pieces.push(piece),
                Order::Work(_) => {} // its sender is told by the end of the channel
                Order::Close(reply) => closing = Some(reply),
            }
        }
        groups.commit(pieces).await;
        if let Some(reply) = closing {
            groups.close();
            let _ = reply.send(());
            return;
        }
    }
    groups.close();
}

/// A piece of work and the one who waits for it.
struct Waiting<T, R, F> {
    work: Option<F>,
    outcome: Option<Outcome<T, R>>,
    reply: oneshot::Sender<Outcome<T, R>>,
}

impl<T, R, F> Piece for Waiting<T, R, F>
where
    T: Send + 'static,
    R: Send + 'static,
    F: for<'a> FnOnce(&'a mut Connection) -> Working<'a, T, R> + Send + 'static,
{
    fn run<'a>(&'a mut self, db: &'a mut Connection) -> std::pin::Pin<Box<dyn Future<Output = Done> + Send + 'a>> {
        Box::pin(async move {
            let work = self.work.take().expect("a piece is run once");
            let outcome = work(db).await;
            let done = match &outcome {
                Ok(Ok(_)) => Done::Kept,
                Ok(Err(_)) => Done::Refused,
                Err(cause) => Done::Failed(cause.clone()),
            };
            self.outcome = Some(outcome);
            done
        })
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let outcome = match (self.outcome, committed) {
            (Some(Ok(Err(refusal))), _) => Ok(Err(refusal)),
            (Some(Err(cause)), _) | (_, Err(cause)) => Err(cause),
            (Some(kept), Ok(())) => kept,
            (None, Ok(())) => Err(DatabaseError::closed()),
        };
        let _ = self.reply.send(outcome); // the one who waited may be gone
    }
}
