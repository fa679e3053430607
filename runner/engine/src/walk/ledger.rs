//! The one owner of an execution's state: every transition goes through it, in order, and is durable before it is acted on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;
use windlass_store::{Hold, Proviso, StepRow, Store, StoreError, Transition};

/// Collects an execution's transitions and writes them.
///
/// What only says that something is over waits for the next thing that begins, so that both are one transaction: a step that
/// follows another costs one wait for the disk.
pub(crate) struct Ledger {
    store: Store,
    pub(crate) execution: Uuid,
    /// What is true of the execution once it is claimed.
    pub(crate) hold: Hold,
    pending: Mutex<Vec<Transition>>,
    /// Held while a transaction is under way: branches of one execution are recorded in the order in which they happened.
    writing: tokio::sync::Mutex<Written>,
    next_position: AtomicI32,
    log_end: AtomicI64,
    past: Past,
}

/// How an execution begins to be recorded.
#[derive(Debug, Default)]
pub(crate) struct Begun {
    /// What its first transaction begins with, its claim among it.
    pub(crate) transitions: Vec<Transition>,
    /// The execution that it belongs to, which is recorded in the same transaction.
    pub(crate) within: Option<Hold>,
}

/// What is to be held for the next transaction.
struct Written(Option<Hold>);

/// What an interrupted execution had done before, by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    steps: BTreeMap<String, Vec<StepRow>>,
    /// Of the steps at positions before this one, those that had not succeeded are done again: somebody asked for it.
    redo_before: Option<i32>,
}

impl Past {
    /// From all recorded steps of the execution.
    pub(crate) fn of(rows: Vec<StepRow>, redo_before: Option<i32>) -> Self {
        let mut steps: BTreeMap<String, Vec<StepRow>> = BTreeMap::new();
        for row in rows {
            steps.entry(row.path.clone()).or_default().push(row);
        }
        Self { steps, redo_before }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn last_position(&self) -> Option<i32> {
        self.steps.values().flatten().map(|row| row.position).max()
    }
}

impl Ledger {
    /// Of an execution whose log ends there and that this claim is of.
    pub(crate) fn new(store: Store, hold: Hold, begun: Begun, past: Past, log_end: i64) -> Self {
        let next = past.last_position().map_or(0, |last| last + 1);
        let (pending, next_position) = (Mutex::new(begun.transitions), AtomicI32::new(next));
        let (writing, log_end) = (tokio::sync::Mutex::new(Written(begun.within)), AtomicI64::new(log_end));
        Self { store, execution: hold.execution, hold, pending, writing, next_position, log_end, past }
    }

    /// The number of the step execution that is recorded next.
    pub(crate) fn position(&self) -> i32 {
        self.next_position.fetch_add(1, Ordering::Relaxed)
    }

    /// What is recorded of a path from before an interruption, oldest first.
    pub(crate) fn past(&self, path: &str) -> &[StepRow] {
        self.past.steps.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a step of before is done again unless it had succeeded.
    pub(crate) fn redoes(&self, row: &StepRow) -> bool {
        self.past.redo_before.is_some_and(|before| row.position < before)
    }

    /// Adds what waits for the next [`Self::write`].
    pub(crate) fn add(&self, transitions: impl IntoIterator<Item = Transition>) {
        self.pending().extend(transitions);
    }

    /// Makes everything durable that was added so far.
    pub(crate) async fn write(&self) -> Result<(), StoreError> {
        let mut written = self.writing.lock().await;
        let transitions = std::mem::take(&mut *self.pending());
        if transitions.is_empty() { Ok(()) } else { self.commit(&mut written, transitions).await }
    }

    /// Makes what a running step says durable, at once and whatever else waits.
    pub(crate) async fn write_said(&self, transitions: Vec<Transition>) -> Result<(), StoreError> {
        let mut written = self.writing.lock().await;
        self.commit(&mut written, transitions).await
    }

    /// The first transaction claims the execution; all later ones need that claim.
    async fn commit(&self, written: &mut Written, transitions: Vec<Transition>) -> Result<(), StoreError> {
        let transitions = self.numbered(transitions);
        match written.0 {
            Some(hold) => self.store.commit_if(Proviso::Held(hold), transitions).await?,
            None => self.store.commit(transitions).await?,
        }
        written.0 = Some(self.hold);
        Ok(())
    }

    /// Gives each piece of log its place. All steps write one log, in the order in which it becomes durable, so that one who
    /// follows it misses nothing.
    fn numbered(&self, mut transitions: Vec<Transition>) -> Vec<Transition> {
        for transition in &mut transitions {
            if let Transition::Log { chunk, .. } = transition {
                let bytes = i64::try_from(chunk.data.len()).unwrap_or(i64::MAX);
                chunk.seq = self.log_end.fetch_add(bytes, Ordering::Relaxed);
            }
        }
        transitions
    }

    fn pending(&self) -> MutexGuard<'_, Vec<Transition>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
