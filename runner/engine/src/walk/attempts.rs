//! One step until it succeeds, or may not be tried again.

use std::time::{Duration, Instant};

use windlass_errors::Code;
use windlass_hosting::StepFailure;
use windlass_jobs::{Action, Step, Values};
use windlass_store::{State, StepRow, StoreError, Transition};

use super::place::{Inside, uses};
use super::sequence::{Done, Ran};
use super::worker::Left;
use super::{Facts, Leaf, Place, Walk, Worker};
use crate::Halt;
use crate::notice::{Failed, Notice};

/// The code of a step that was in flight when its runner ended, and may be neither resumed nor repeated.
const INTERRUPTED: &str = "step.interrupted";

/// What is to be done about what an interrupted execution had done of a step.
enum Before {
    /// Nothing of it.
    Nothing,
    /// It is over.
    Over,
    /// It goes on, or begins anew.
    Again(Left),
}

impl<W: Worker> Walk<'_, W> {
    pub(super) async fn attempts(
        &self,
        step: &Step,
        values: &Values,
        place: &Place,
        halt: &Halt,
    ) -> Result<Done, StoreError> {
        let past = self.ledger.past(&place.path);
        let mut failures = past.iter().filter(|row| has_failed(row.state) && !self.ledger.redoes(row)).count();
        let begun = past.iter().rev().find(|row| row.state != State::Skipped);
        let (mut attempt, mut left) = (begun.map_or(0, |row| row.attempt), Left::default());
        if let Some(last) = past.last() {
            match self.before(step, last, failures) {
                Before::Over => return self.remembered(step, place, last).await,
                Before::Again(from) => {
                    left = from;
                    // The steps in a group are found by its attempt.
                    attempt -= i32::from(is_group(&step.action));
                }
                Before::Nothing => {}
            }
        }
        loop {
            attempt += 1;
            let part = halt.part();
            let done = self.once(step, values, place, attempt, std::mem::take(&mut left), &part).await?;
            let Some(failed) = &done.failed else { return Ok(done) };
            failures += 1;
            let wait = wait(step, failures, failed).filter(|_| halt.why().is_none());
            let Some(wait) = wait else { return Ok(done) };
            (self.observer)(Notice::StepRetries { step: &place.path, failure: &failed.failure, wait });
            self.ledger.write().await?;
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = halt.stopped() => return Ok(done),
            }
        }
    }

    async fn once(
        &self,
        step: &Step,
        values: &Values,
        place: &Place,
        attempt: i32,
        left: Left,
        halt: &Halt,
    ) -> Result<Done, StoreError> {
        let (limit, steps) = match &step.action {
            Action::Uses { .. } | Action::Job { .. } => {
                return self.leaf(step, values, place, attempt, left, halt).await;
            }
            Action::Parallel { limit, steps } => (Some(limit.unwrap_or(usize::MAX)), steps),
            Action::Steps(steps) => (None, steps),
        };
        let position = self.begin(step, place, &uses(&step.action), attempt, &Facts::default());
        let began = Instant::now();
        let inside = place.inside(position, attempt);
        let inner = async {
            match limit {
                Some(limit) => self.parallel(steps, limit, values, &inside, halt).await,
                None => self.sequence(steps, values.clone(), inside.clone(), halt).await,
            }
        };
        let Ran { failed, facts } = halt.within(time(step, &format!("`{}`", place.path)), inner).await?;
        self.finish(step, place, position, attempt, began.elapsed(), None, failed.as_ref());
        let mut done = Done::new(State::Succeeded, None).at(position);
        done.inner = facts;
        Ok(done.failed_by(failed))
    }

    async fn leaf(
        &self,
        step: &Step,
        values: &Values,
        place: &Place,
        attempt: i32,
        left: Left,
        halt: &Halt,
    ) -> Result<Done, StoreError> {
        let ready = match self.worker.ready(step, values).await {
            Ok(ready) => ready,
            Err(failure) => return Ok(self.unready(step, place, failure)),
        };
        let facts = self.worker.facts(&ready);
        let goes_on = facts.repeatable || left.child.is_some() || (facts.resumable && left.checkpoint.is_some());
        if left.interrupted && !goes_on && !left.redo {
            return Ok(self.interrupted(step, place));
        }
        let (uses, execution) = (uses(&step.action), self.ledger.execution);
        let position = self.begin(step, place, &uses, attempt, &facts);
        let left = Left { checkpoint: left.checkpoint.filter(|_| facts.resumable), ..left };
        if let Some(token) = left.checkpoint.clone() {
            let taken = Transition::TakenOver { execution, position: left.position };
            self.ledger.add([Transition::Checkpoint { execution, position, token }, taken]);
        }
        self.ledger.add(left.child.map(|child| Transition::Child { execution, position, child }));
        self.ledger.write().await?;
        self.begun();
        (self.observer)(Notice::StepStarted { step: &place.path, uses: &uses, attempt });
        let began = Instant::now();
        let leaf = Leaf { ready: &ready, path: &place.path, position };
        let work = self.worker.attempt(&leaf, left, halt);
        let attempted = halt.within(time(step, "the step"), work).await?;
        self.ledger.add(attempted.unwritten);
        let failed = |failure| Failed { step: place.path.clone(), failure };
        let (outputs, failed) = match attempted.outcome {
            Ok(outputs) => (Some(outputs), None),
            Err(failure) => (None, Some(failed(failure))),
        };
        self.finish(step, place, position, attempt, began.elapsed(), outputs.as_ref(), failed.as_ref());
        let done = Done::new(State::Succeeded, outputs).at(position).tables(attempted.tables);
        Ok(done.failed_by(failed))
    }

    fn before(&self, step: &Step, last: &StepRow, failures: usize) -> Before {
        let redo = self.ledger.redoes(last);
        match last.state {
            // It handled a failure; what failed is done again, and may fail another time.
            State::Succeeded if redo && is_handler(&last.path) => Before::Nothing,
            State::Succeeded => Before::Over,
            State::Interrupted => Before::Again(Left::of(last, redo)),
            state if redo && has_failed(state) && is_group(&step.action) => Before::Again(Left::default()),
            // The other job goes on as this one does.
            state if redo && has_failed(state) && last.child.is_some() => {
                Before::Again(Left { child: last.child, redo, ..Left::default() })
            }
            State::Skipped if redo => Before::Nothing,
            state if has_failed(state) && redo => Before::Nothing,
            state if has_failed(state) => {
                let code = last.code.as_deref().unwrap_or_default();
                let again = step.retry.as_ref().and_then(|retry| retry.after(count(failures), code));
                if again.is_some() { Before::Nothing } else { Before::Over }
            }
            _ => Before::Nothing,
        }
    }

    /// A step that was in flight and may be neither resumed nor repeated.
    fn interrupted(&self, step: &Step, place: &Place) -> Done {
        let message = format!("the runner ended while it ran, and `{}` is not safe to repeat", uses(&step.action));
        let code = Code::new(INTERRUPTED);
        let help = "see what it did, then `windlass execution resume` runs it again";
        let failure = StepFailure { code, message, help: Some(help.to_owned()), cut_off: false };
        let mut done = Done::new(State::Failed, None).failed(Failed { step: place.path.clone(), failure });
        done.position = self.ledger.past(&place.path).last().map(|row| row.position);
        done
    }

    /// What is known of a step that had ended before an interruption.
    pub(super) async fn remembered(&self, step: &Step, place: &Place, row: &StepRow) -> Result<Done, StoreError> {
        let outputs = row.outputs.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let mut done = Done::new(row.state, outputs).at(row.position).tables(self.worker.tables(row.position).await?);
        if let Action::Parallel { steps, .. } | Action::Steps(steps) = &step.action {
            done.inner.extend(self.known_all(steps, &place.inside(row.position, row.attempt)).await?);
        }
        match row.state {
            State::Succeeded => return Ok(done),
            State::Interrupted => return Ok(self.interrupted(step, place)),
            _ => {}
        }
        let code = Code::recorded(row.code.as_deref().unwrap_or("step.failed"));
        let failure = StepFailure { code, message: row.reason.clone().unwrap_or_default(), help: None, cut_off: false };
        Ok(done.failed(Failed { step: place.path.clone(), failure }))
    }

    /// What is known of a step whose failure the job went on after, and of the steps that handled it.
    pub(super) async fn accepted(&self, step: &Step, place: &Place, row: &StepRow) -> Result<Done, StoreError> {
        let mut done = self.remembered(step, place, row).await?;
        done.stops = false;
        done.inner.extend(self.known_all(&step.on_error, &place.on_error()).await?);
        Ok(done)
    }

    /// What is known of steps that belong together and had ended before an interruption.
    pub(super) async fn known_all(
        &self,
        steps: &[Step],
        inside: &Inside,
    ) -> Result<Vec<(String, windlass_jobs::StepFacts)>, StoreError> {
        let mut known = Vec::new();
        for step in steps {
            known.extend(Box::pin(self.known(step, &inside.of(step))).await?);
        }
        Ok(known)
    }

    /// What is known of one of them.
    async fn known(&self, step: &Step, place: &Place) -> Result<Vec<(String, windlass_jobs::StepFacts)>, StoreError> {
        let Some(row) = self.ledger.past(&place.path).last() else { return Ok(Vec::new()) };
        let Done { facts, mut inner, .. } = self.remembered(step, place, row).await?;
        inner.push((step.id.clone(), facts));
        Ok(inner)
    }
}

/// How long to wait before the next attempt, if there is to be one. Nobody knows what a step did that was in flight when its
/// runner ended: it is done again only where the job says so by the code.
fn wait(step: &Step, failures: usize, failed: &Failed) -> Option<Duration> {
    let (retry, code) = (step.retry.as_ref()?, failed.failure.code.as_str());
    let unknown = code == INTERRUPTED && !retry.on.iter().any(|on| on == INTERRUPTED);
    if unknown || failed.state() == State::Cancelled {
        return None;
    }
    retry.after(count(failures), code)
}

/// How long one attempt may take, and what is said when that is over.
fn time(step: &Step, whose: &str) -> Option<(Duration, String)> {
    step.timeout.map(|all| (all, format!("{whose} took longer than its timeout of {all:?}")))
}

fn is_handler(path: &str) -> bool {
    path.contains(".onError.")
}

fn is_group(action: &Action) -> bool {
    matches!(action, Action::Parallel { .. } | Action::Steps(_))
}

pub(super) fn has_failed(state: State) -> bool {
    matches!(state, State::Failed | State::TimedOut | State::Cancelled)
}

fn count(failures: usize) -> u32 {
    u32::try_from(failures).unwrap_or(u32::MAX)
}
