//! What single steps of an execution do: run a step type of a plugin, or another job.

use std::collections::BTreeMap;

use windlass_hosting::StepFailure;
use windlass_jobs::{Action, Step, TableFacts, Values};
use windlass_store::StoreError;

use crate::call::Call;
use crate::notice::Observer;
use crate::output::ShortSecrets;
use crate::places::account_names;
use crate::reference::Reference;
use crate::step::PluginStep;
use crate::step_run::StepRun;
use crate::tables::Recorded;
use crate::walk::{Attempted, Facts, Leaf, Ledger, Left, Worker};
use crate::{Engine, Halt, execution::Run, failure};

/// The steps of one execution.
pub(crate) struct PluginSteps<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) run: &'a Run<'a>,
    pub(crate) ledger: &'a Ledger,
    pub(crate) observer: Observer<'a>,
    /// Of what it had done before.
    pub(crate) tables: Recorded,
    pub(crate) short: ShortSecrets,
}

/// A step that is filled in and checked.
pub(crate) enum Ready {
    Plugin(Box<PluginStep>),
    Job(Box<Reference>),
}

impl Worker for PluginSteps<'_> {
    type Ready = Ready;

    async fn ready(&self, step: &Step, values: &Values) -> Result<Ready, StepFailure> {
        let ready = match &step.action {
            Action::Uses { uses, with, .. } => {
                let ready = PluginStep::new(self.engine, self.run.prepared, (step, uses, with), values).await;
                ready.map(|step| Ready::Plugin(Box::new(step)))
            }
            Action::Job { name, at, options } => {
                let ready = Reference::new(self.engine, self.run, (name, *at, options), values).await;
                ready.map(|reference| Ready::Job(Box::new(reference)))
            }
            Action::Parallel { .. } | Action::Steps(_) => unreachable!("a group is no single step"),
        };
        ready.map_err(|error| failure(&error))
    }

    fn facts(&self, ready: &Ready) -> Facts {
        match ready {
            Ready::Plugin(step) => Facts {
                plugin_sha256: Some(step.plugin.library.sha256.clone()),
                account: account_names(&step.places),
                called_with: step.metadata().resumable.then(|| Call::of(step, &self.run.prepared.bound)),
                repeatable: step.metadata().repeatable,
                resumable: step.metadata().resumable,
            },
            // Before it has an execution of its own nothing has happened.
            Ready::Job(_) => Facts { repeatable: true, ..Facts::default() },
        }
    }

    async fn attempt(&self, leaf: &Leaf<'_, Ready>, left: Left, halt: &Halt) -> Result<Attempted, StoreError> {
        self.engine.member.has_joined(); // It is part of the first transaction, and that is done.
        match leaf.ready {
            Ready::Plugin(step) => StepRun::new(self, leaf, step).run(left.checkpoint, halt).await,
            Ready::Job(reference) => reference.run(self, leaf, left, halt).await,
        }
    }

    async fn tables(&self, position: i32) -> Result<BTreeMap<String, TableFacts>, StoreError> {
        self.tables.of(position).await
    }
}
