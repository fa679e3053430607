use uuid::Uuid;

use crate::db::{self, Connection, Locks, sql};
use crate::{Ending, ExecutionSecret, NewExecution, State, Store, StoreError, cancel, changes};

/// What to do with a new execution when there are as many of its job as may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It waits.
    Queue,
    /// It is recorded as `skipped`.
    Skip,
    /// The others make way: those that wait are cancelled, those that run are asked to stop.
    Replace,
}

/// What became of a new execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It waits.
    Queued,
    /// It has ended as `skipped`.
    Skipped {
        /// The executions that run or wait instead, oldest first.
        because_of: Vec<Uuid>,
    },
    /// It waits for these, which were cancelled or asked to stop, oldest first.
    Replacing(Vec<Uuid>),
}

impl Store {
    /// Queues an execution. `when_full` says what happens when as many executions of its
    /// [key](NewExecution::job_key) are queued or run as its [limit](NewExecution::concurrency) allows.
    ///
    /// # Errors
    /// `store.unavailable`; [`StoreError::StaleTransition`] when its id is recorded already
    pub async fn enqueue(
        &self,
        execution: NewExecution,
        when_full: WhenFull,
        secrets: Vec<ExecutionSecret>,
    ) -> Result<Enqueued, StoreError> {
        let id = execution.id;
        match self.db().change(move |db| Box::pin(enqueue(db, execution, when_full, secrets))).await {
            Ok(enqueued) => Ok(enqueued),
            Err(error) if error.broken() != Some(db::Broken::Unique) => Err(self.unwritten("an execution")(error)),
            Err(_) => Err(StoreError::StaleTransition {
                what: "the creation".to_owned(),
                subject: format!("execution `{id}`"),
                found: "it is recorded already".to_owned(),
            }),
        }
    }
}

pub(crate) async fn enqueue(
    db: &mut Connection,
    execution: NewExecution,
    when_full: WhenFull,
    secrets: Vec<ExecutionSecret>,
) -> db::Result<Enqueued> {
    let others = others(db, &execution, when_full).await?;
    match when_full {
        _ if others.is_empty() => {
            changes::queued(db, &execution, &secrets).await?;
            Ok(Enqueued::Queued)
        }
        WhenFull::Queue | WhenFull::Skip => {
            skip(db, &execution, &others).await?;
            Ok(Enqueued::Skipped { because_of: others })
        }
        WhenFull::Replace => {
            changes::queued(db, &execution, &secrets).await?;
            replace(db, &others, execution.queued_at, execution.id).await?;
            Ok(Enqueued::Replacing(others))
        }
    }
}

/// The executions that are in the way of a new one, if there are as many as may be.
async fn others(db: &mut Connection, new: &NewExecution, when_full: WhenFull) -> db::Result<Vec<Uuid>> {
    const SQL: &str = "SELECT id FROM execution \
                       WHERE job_key = $1 AND state IN ('queued', 'running') AND ended_at IS NULL ORDER BY id";
    if new.concurrency <= 0 || when_full == WhenFull::Queue {
        return Ok(Vec::new());
    }
    db.lock_key(&new.job_key).await?;
    let active: Vec<Uuid> = db.fetch_all(sql(SQL).bind(&new.job_key)).await?;
    let full = i64::try_from(active.len()).unwrap_or(i64::MAX) >= new.concurrency;
    Ok(if full { active } else { Vec::new() })
}

async fn skip(db: &mut Connection, new: &NewExecution, others: &[Uuid]) -> db::Result<()> {
    const SHOWN: usize = 3;
    let named: Vec<_> = others.iter().take(SHOWN).map(|other| format!("`{other}`")).collect();
    let more = others.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let reason = format!(
        "only {} at once, and there are: execution {}{more}",
        if new.concurrency == 1 { "one may run".to_owned() } else { format!("{} may run", new.concurrency) },
        named.join(", ")
    );
    changes::queued(db, new, &[]).await?;
    let code = Some("execution.skipped".to_owned());
    let ending = Ending { state: State::Skipped, code, reason: Some(reason), at: new.queued_at };
    changes::ended(db, new.id, &ending, None).await?;
    Ok(())
}

async fn replace(db: &mut Connection, others: &[Uuid], at: i64, new: Uuid) -> db::Result<()> {
    let reason = format!("execution `{new}` took its place");
    Locks { executions: others.to_vec(), ..Locks::default() }.take(db).await?;
    for other in others {
        let cancelled = changes::cancelled(db, *other, "execution.replaced", &reason, at).await?;
        if cancelled == 0 {
            cancel::ask(db, *other, at).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
