use crate::db::{self, Connection, Locks};
use crate::packed::{Packed, pack};
use crate::{Proviso, Store, StoreError, Transition};

mod apply;
mod described;
mod refused;

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
        let work = pack(transitions).await;
        let done = self.db().write(move |db| Box::pin(record(db, proviso, work))).await;
        done.map_err(self.unwritten(WHAT))?
    }
}

async fn record(
    db: &mut Connection,
    proviso: Option<Proviso>,
    work: Vec<(Transition, Packed)>,
) -> db::Result<Result<(), StoreError>> {
    let mut locks = locks(&work);
    match proviso {
        Some(Proviso::Held(hold)) => locks.held = Some(hold),
        Some(Proviso::Lapsed(member)) => locks.lapsed = Some(member),
        None => {}
    }
    let claimed = locks.claimed.first().copied();
    if let Some(obstacle) = locks.take(db).await? {
        return Ok(Err(refused::stopped(obstacle, claimed)));
    }
    for (transition, packed) in work {
        let refusal = match apply::apply(db, &transition, packed).await {
            Ok(0) => refused::why(db, &transition).await?,
            Ok(_) => continue,
            Err(error) => refused::violated(&transition, &error).ok_or(error)?,
        };
        return Ok(Err(refusal));
    }
    Ok(Ok(()))
}

/// What the transitions look at in one statement and change in another, or look at in a row that they do not change.
fn locks(work: &[(Transition, Packed)]) -> Locks {
    let mut locks = Locks::default();
    for (transition, _) in work {
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
    locks
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
