//! Firing: what becomes of due times is recorded in the transaction that moves the schedule on, so that each has one record
//! however many members fire at once and whichever of them are killed.

use uuid::Uuid;

use crate::db::{self, Connection, sql};
use crate::enqueue::enqueue;
use crate::{Enqueued, FiringOutcome, NewExecution, Store, StoreError, WhenFull};

/// What is to be recorded of one schedule.
#[derive(Clone, Debug)]
pub struct Fire {
    /// Which.
    pub schedule: Uuid,
    /// The version of the job that its definition was read from.
    pub version: i64,
    /// Its first due time without a record, as it was read.
    pub expected: i64,
    /// The first that will be without one afterwards.
    pub next_at: Option<i64>,
    /// What becomes of those between, in their order.
    pub firings: Vec<Firing>,
    /// When this was decided.
    pub at: i64,
}

/// What becomes of a due time.
#[derive(Clone, Debug)]
pub struct Firing {
    /// The due time; of several the first.
    pub due_at: i64,
    /// The last of several.
    pub last_at: i64,
    /// How many they are.
    pub times: i64,
    /// What becomes of them.
    pub outcome: Outcome,
}

/// How a due time is dealt with.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The job is to run; where there are as many of it as may be, `when_full` is done.
    Starts {
        /// The execution that is queued.
        execution: Box<NewExecution>,
        /// What happens when as many of the job run as may.
        when_full: WhenFull,
    },
    /// Nobody was there when it was due.
    Missed {
        /// For people.
        reason: String,
    },
    /// A calendar forbids it.
    Excluded {
        /// Which, and why.
        reason: String,
    },
    /// The job cannot be started.
    Failed {
        /// The error code.
        code: String,
        /// For people.
        reason: String,
    },
}

/// A schedule that was fired by this call, and what became of its executions.
#[derive(Clone, Debug)]
pub struct Fired {
    /// Which.
    pub schedule: Uuid,
    /// Executions that were queued or skipped.
    pub executions: Vec<(Uuid, Enqueued)>,
}

impl Store {
    /// Fires schedules, all in one transaction, and returns those that nobody else was faster with.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn fire(&self, mut fires: Vec<Fire>) -> Result<Vec<Fired>, StoreError> {
        // Keys are locked in one order, so that two transactions do not wait for each other.
        fires.sort_by_cached_key(|fire| (first_key(fire), fire.schedule));
        let fired = self.db().change(move |db| Box::pin(fire(db, fires))).await;
        fired.map_err(self.unwritten("what was due"))
    }
}

fn first_key(fire: &Fire) -> Option<String> {
    fire.firings.iter().find_map(|firing| match &firing.outcome {
        Outcome::Starts { execution, .. } => Some(execution.job_key.clone()),
        _ => None,
    })
}

async fn fire(db: &mut Connection, fires: Vec<Fire>) -> db::Result<Vec<Fired>> {
    const MOVE: &str = "UPDATE schedule SET next_at = $4 WHERE id = $1 AND next_at = $2 AND version = $3 \
        RETURNING COALESCE((SELECT f.last_at FROM firing f WHERE f.schedule = schedule.id ORDER BY f.due_at DESC LIMIT 1), -1)";
    let free = db.lock_schedules(fires.iter().map(|fire| fire.schedule).collect()).await?;
    let mut fired = Vec::with_capacity(fires.len());
    for Fire { schedule, version, expected, next_at, firings, at } in fires {
        if !free.contains(&schedule) {
            continue;
        }
        let moved = sql(MOVE).bind(schedule).bind(expected).bind(version).bind(next_at);
        let Some(recorded) = db.fetch_optional::<i64>(moved).await? else { continue };
        let mut executions = Vec::new();
        // Clocks that were set back, here or where somebody let the schedule go on, make no time due again.
        for firing in firings.into_iter().filter(|firing| firing.due_at > recorded) {
            executions.extend(record(db, schedule, firing, at).await?);
        }
        fired.push(Fired { schedule, executions });
    }
    Ok(fired)
}

async fn record(db: &mut Connection, schedule: Uuid, firing: Firing, at: i64) -> db::Result<Option<(Uuid, Enqueued)>> {
    const SQL: &str = "INSERT INTO firing (schedule, due_at, last_at, times, outcome, execution, code, reason, recorded_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let Firing { due_at, last_at, times, outcome } = firing;
    let (word, started, code, reason) = match outcome {
        Outcome::Starts { execution, when_full } => {
            let id = execution.id;
            let became = enqueue(db, *execution, when_full, Vec::new()).await?;
            let word = match &became {
                Enqueued::Skipped { .. } => FiringOutcome::Skipped,
                Enqueued::Queued | Enqueued::Replacing(_) => FiringOutcome::Started,
            };
            (word, Some((id, became)), None, None)
        }
        Outcome::Missed { reason } => (FiringOutcome::Missed, None, Some("schedule.missed".to_owned()), Some(reason)),
        Outcome::Excluded { reason } => {
            (FiringOutcome::Excluded, None, Some("schedule.excluded".to_owned()), Some(reason))
        }
        Outcome::Failed { code, reason } => (FiringOutcome::Failed, None, Some(code), Some(reason)),
    };
    let statement = sql(SQL).bind(schedule).bind(due_at).bind(last_at).bind(times).bind(word.as_str());
    let execution = started.as_ref().map(|(id, _)| *id);
    db.execute(statement.bind(execution).bind(code).bind(reason).bind(at)).await?;
    Ok(started)
}
