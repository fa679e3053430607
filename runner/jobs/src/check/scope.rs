//! What an expression may name at a place of the job.

use std::collections::HashMap;

use crate::{Job, Step};

/// What is there at a place.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    steps: HashMap<&'a str, &'a Step>,
    /// The ids in the order in which they came.
    order: Vec<&'a str>,
    /// Whether `item` and `index` are there.
    pub(super) item: bool,
    /// Whether `error` is there.
    pub(super) error: bool,
    /// Whether `event` is there, and nothing of the job's own values.
    pub(super) event: bool,
    /// Whether the job runs: before, there are no options, steps and execution.
    pub(super) running: bool,
}

impl<'a> Scope<'a> {
    /// At the beginning of a job.
    pub(super) fn new() -> Self {
        Self { steps: HashMap::new(), order: Vec::new(), item: false, error: false, event: false, running: true }
    }

    /// Before the job runs.
    pub(super) fn before() -> Self {
        Self { running: false, ..Self::new() }
    }

    /// In a notification.
    pub(super) fn of_event() -> Self {
        Self { event: true, ..Self::new() }
    }

    /// At the end of a job.
    pub(super) fn after(job: &'a Job) -> Self {
        let mut scope = Self::new();
        job.steps.iter().for_each(|step| scope.add(step));
        scope
    }

    /// A step has ended, and with it the steps in it; of a loop's steps only the whole is left.
    pub(super) fn add(&mut self, step: &'a Step) {
        self.steps.insert(&step.id, step);
        self.order.push(&step.id);
        if step.for_each.is_none() {
            step.inner().iter().for_each(|step| self.add(step));
        }
    }

    /// What is there now, for [`Scope::back`].
    pub(super) fn mark(&self) -> usize {
        self.order.len()
    }

    /// Forgets what came after a mark.
    pub(super) fn back(&mut self, mark: usize) {
        for id in self.order.drain(mark..) {
            self.steps.remove(id);
        }
    }

    /// The step, if it is there.
    pub(super) fn step(&self, id: &str) -> Option<&'a Step> {
        self.steps.get(id).copied()
    }

    /// The ids of the steps that are there.
    pub(super) fn ids(&self) -> impl Iterator<Item = &'a str> {
        self.order.iter().copied()
    }
}
