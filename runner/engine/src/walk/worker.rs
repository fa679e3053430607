use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;
use windlass_hosting::StepFailure;
use windlass_jobs::{Step, TableFacts, Values};
use windlass_store::{StepRow, StoreError, Transition};

use crate::Halt;

/// Does what single steps do. The real one runs plugins and other jobs.
pub(crate) trait Worker: Send + Sync {
    /// A step whose configuration is filled in and checked.
    type Ready: Send + Sync;

    /// Fills in and checks a step. Nothing outside happens.
    fn ready(&self, step: &Step, values: &Values) -> impl Future<Output = Result<Self::Ready, StepFailure>> + Send;

    /// What is recorded of it and decides what an interruption means.
    fn facts(&self, ready: &Self::Ready) -> Facts;

    /// Does it once, until its end, whatever ends it.
    fn attempt(
        &self,
        leaf: &Leaf<'_, Self::Ready>,
        left: Left,
        halt: &Halt,
    ) -> impl Future<Output = Result<Attempted, StoreError>> + Send;

    /// The tables that a step execution of before an interruption had made.
    fn tables(&self, position: i32) -> impl Future<Output = Result<BTreeMap<String, TableFacts>, StoreError>> + Send;
}

/// A single step that runs.
pub(crate) struct Leaf<'a, R> {
    pub(crate) ready: &'a R,
    pub(crate) path: &'a str,
    pub(crate) position: i32,
}

/// What an interrupted execution left of a step that was in flight.
#[derive(Clone, Debug, Default)]
pub(crate) struct Left {
    /// Where it can go on.
    pub(crate) checkpoint: Option<String>,
    /// Which step execution that was.
    pub(crate) position: i32,
    /// The execution of the job that it refers to.
    pub(crate) child: Option<Uuid>,
    /// That it was in flight.
    pub(crate) interrupted: bool,
    /// That it is done again because somebody asked for it.
    pub(crate) redo: bool,
}

impl Left {
    pub(crate) fn of(row: &StepRow, redo: bool) -> Self {
        Self { checkpoint: row.checkpoint.clone(), position: row.position, child: row.child, interrupted: true, redo }
    }
}

/// What is known of a step before it runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// The hash of its plugin's bytes.
    pub(crate) plugin_sha256: Option<String>,
    /// Its account.
    pub(crate) account: Option<String>,
    /// How its plugin is called, JSON, when it can go on from a checkpoint.
    pub(crate) called_with: Option<String>,
    /// Whether doing it twice does no harm.
    pub(crate) repeatable: bool,
    /// Whether it can go on from a checkpoint.
    pub(crate) resumable: bool,
}

/// How one attempt ended.
pub(crate) struct Attempted {
    pub(crate) outcome: Result<Value, StepFailure>,
    /// The beginnings of its tables.
    pub(crate) tables: BTreeMap<String, TableFacts>,
    /// What of it is not recorded yet, its end excepted.
    pub(crate) unwritten: Vec<Transition>,
}
