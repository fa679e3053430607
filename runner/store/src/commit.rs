use crate::db::{self, Connection, Locks};
use crate::packed::{Packed, pack};
use crate::{Proviso, Store, StoreError, Transition};

mod apply;
mod described;
mod lanes;
mod refused;

pub(crate) use lanes::Lanes;

const WHAT: &str = "what happened to an execution";

impl Store {
    /// Records transitions in order, all or none; they are durable when this returns. If the future is dropped they
    /// are recorded all or not at all.
    ///
    /// # Errors
    /// `store.unavailable`; [`StoreError::StaleTransition`] or, for a claim, [`StoreError::NotClaimed`] when one does
    /// not follow from what is recorded.
    pub async fn commit(&self, transitions: Vec<Transition>) -> Result<(), StoreError> {
        self.write(None, transitions).await
    }

    /// Records transitions as [`Self::commit`] does, provided that something is true then.
    ///
    /// # Errors
    /// As [`Self::commit`]; [`StoreError::Lost`] when the execution is not held; [`StoreError::StaleTransition`] when the
    /// member's lease is not over.
    pub async fn commit_if(&self, proviso: Proviso, transitions: Vec<Transition>) -> Result<(), StoreError> {
        self.write(Some(proviso), transitions).await
    }

    async fn write(&self, proviso: Option<Proviso>, transitions: Vec<Transition>) -> Result<(), StoreError> {
        let mut piece = Piece { proviso, work: pack(transitions).await };
        let done = match piece.proviso {
            Some(Proviso::Held(_)) | None if self.db().commits_each() => self.write_together(piece).await,
            _ => self.db().write(move |db| Box::pin(async move { piece.record(db).await })).await,
        };
        done.map_err(self.unwritten(WHAT))?
    }
}

/// What is recorded whole or not at all.
pub(crate) struct Piece {
    proviso: Option<Proviso>,
    work: Vec<(Transition, Packed)>,
}

impl Piece {
    /// Whether it may have to wait for others who begin executions of a job with a limit.
    fn may_wait(&self) -> bool {
        let locks = locks([self]);
        !locks.claimed.is_empty() || !locks.keys.is_empty()
    }

    /// Records it, and gives its data away.
    async fn record(&mut self, db: &mut Connection) -> db::Result<Result<(), StoreError>> {
        let locks = locks([&*self]);
        record(db, locks, self.work.iter_mut().map(|(transition, packed)| (&*transition, std::mem::take(packed)))).await
    }

    /// Records several as if they were one, or gives them back: one of them is refused.
    async fn record_all(db: &mut Connection, pieces: Vec<Self>) -> db::Result<Result<(), Vec<Self>>> {
        let work = pieces.iter().flat_map(|piece| &piece.work);
        let work = work.map(|(transition, packed)| (transition, packed.clone()));
        match record(db, locks(&pieces), work).await {
            Ok(Ok(())) => Ok(Ok(())),
            Err(error) if !error.is_refusal() => Err(error),
            Ok(Err(_)) | Err(_) => Ok(Err(pieces)),
        }
    }
}

async fn record<'a>(
    db: &mut Connection,
    locks: Locks,
    work: impl Iterator<Item = (&'a Transition, Packed)> + Send,
) -> db::Result<Result<(), StoreError>> {
    let claimed = locks.claimed.first().copied();
    if let Some(obstacle) = locks.take(db).await? {
        return Ok(Err(refused::stopped(obstacle, claimed)));
    }
    for (transition, packed) in work {
        let refusal = match apply::apply(db, transition, packed).await {
            Ok(0) => refused::why(db, transition).await?,
            Ok(_) => continue,
            Err(error) => refused::violated(transition, &error).ok_or(error)?,
        };
        return Ok(Err(refusal));
    }
    Ok(Ok(()))
}

/// What the transitions look at in one statement and change in another, or look at in a row that they do not change.
fn locks<'a>(pieces: impl IntoIterator<Item = &'a Piece>) -> Locks {
    let mut locks = Locks::default();
    for Piece { proviso, work } in pieces {
        match proviso {
            Some(Proviso::Held(hold)) => locks.held.push(*hold),
            Some(Proviso::Lapsed(member)) => locks.lapsed = Some(*member),
            None => {}
        }
        work.iter().for_each(|(transition, _)| lock(&mut locks, transition));
    }
    locks
}

fn lock(locks: &mut Locks, transition: &Transition) {
    match transition {
        Transition::Claimed { execution, member, .. } => {
            locks.claimed.push(*execution);
            locks.members.push(*member);
        }
        Transition::Queued { execution, .. } if execution.concurrency > 0 => {
            locks.keys.push(execution.job_key.clone());
        }
        Transition::StepStarted { execution, .. }
        | Transition::StepSkipped { execution, .. }
        | Transition::Ended { execution, .. }
        | Transition::Reopened { execution, .. }
        | Transition::Interrupted { execution, .. }
        | Transition::Requeued { execution, .. } => locks.executions.push(*execution),
        Transition::Left { member } => locks.leaving.push(*member),
        _ => {}
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
