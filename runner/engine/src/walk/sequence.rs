use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use windlass_errors::Code;
use windlass_hosting::{StepFailure, Stop};
use windlass_jobs::{Job, Step, StepFacts, TableFacts, Values, condition};
use windlass_store::{Ending, State, StoreError, Transition};

use super::place::{Inside, uses};
use super::{Facts, Ledger, Place, Worker};
use crate::notice::{Failed, Notice, Observer, StepEnd};
use crate::recorder::now;
use crate::{Halt, failure};

/// An execution's way through the steps of its job.
pub(crate) struct Walk<'a, W> {
    pub(crate) worker: &'a W,
    pub(crate) ledger: &'a Ledger,
    pub(crate) job: &'a Job,
    pub(crate) observer: Observer<'a>,
    pub(crate) ends: Mutex<Vec<StepEnd>>,
    /// Whether it was told that the execution has begun.
    pub(crate) has_begun: AtomicBool,
}

/// How some steps ended.
#[derive(Default)]
pub(crate) struct Ran {
    /// What ended them early.
    pub(crate) failed: Option<Failed>,
    /// What later steps may know of each.
    pub(crate) facts: Vec<(String, StepFacts)>,
}

/// How one step ended, whatever it is.
pub(crate) struct Done {
    pub(crate) facts: StepFacts,
    pub(crate) failed: Option<Failed>,
    /// Whether what follows it is not to be done.
    pub(crate) stops: bool,
    /// Its last record, when there is one.
    pub(crate) position: Option<i32>,
    /// Of the steps in it.
    pub(crate) inner: Vec<(String, StepFacts)>,
}

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

impl<W: Worker> Walk<'_, W> {
    /// Runs steps one after another. The first that fails ends it, unless the job goes on after it; the rest is skipped.
    pub(crate) fn sequence<'s>(
        &'s self,
        steps: &'s [Step],
        mut values: Values,
        inside: Inside,
        halt: &'s Halt,
    ) -> Boxed<'s, Ran> {
        Box::pin(async move {
            let mut ran = Ran::default();
            for step in steps {
                let place = inside.of(step);
                let over = ran.failed.as_ref().map(Failed::skips).or_else(|| halt.why().map(|why| stopped(&why)));
                if let Some(why) = over {
                    ran.failed.get_or_insert_with(|| Failed { step: place.path.clone(), failure: why.clone() });
                    self.skip(step, &place, &why);
                    continue;
                }
                let done = self.step(step, &values, place, halt).await?;
                done.tell(step, |id, facts| values.record_step(id, facts.clone()));
                ran.add(step, done);
            }
            Ok(ran)
        })
    }

    /// Runs one step with all that belongs to it: its items, its attempts, and what handles its failure.
    pub(crate) fn step<'s>(
        &'s self,
        step: &'s Step,
        values: &'s Values,
        place: Place,
        halt: &'s Halt,
    ) -> Boxed<'s, Done> {
        Box::pin(async move {
            if let Some(row) = self.ledger.past(&place.path).last().filter(|row| row.accepted) {
                return self.accepted(step, &place, row).await;
            }
            let mut done = match &step.for_each {
                Some(each) => self.each(step, each, values, &place, halt).await?,
                None => self.single(step, values, &place, halt).await?,
            };
            let Some(failed) = &done.failed else { return Ok(done) };
            if halt.why().is_some() {
                return Ok(done);
            }
            done.stops = !step.continue_on_error;
            if !step.on_error.is_empty() {
                let values = values.with_error(&failed.step, failed.failure.code.as_str(), &failed.failure.message);
                let handled = self.sequence(&step.on_error, values, place.on_error(), halt).await?;
                done.stops |= handled.failed.is_some();
                done.inner.extend(handled.facts);
            }
            if !done.stops {
                let execution = self.ledger.execution;
                self.ledger.add(done.position.map(|position| Transition::Accepted { execution, position }));
            }
            Ok(done)
        })
    }

    /// Runs a step for one value, unless its condition says otherwise.
    pub(crate) async fn single(
        &self,
        step: &Step,
        values: &Values,
        place: &Place,
        halt: &Halt,
    ) -> Result<Done, StoreError> {
        let wanted = step.condition.as_ref().map_or(Ok(true), |tree| condition(tree, values, self.job));
        match wanted {
            Ok(true) => self.attempts(step, values, place, halt).await,
            Ok(false) => {
                let why = reason("step.condition-false", "its condition is false");
                if self.ledger.past(&place.path).is_empty() {
                    self.skip(step, place, &why);
                }
                Ok(Done::new(State::Skipped, None))
            }
            Err(error) => Ok(self.unready(step, place, failure(&error))),
        }
    }

    /// Tells once that the execution has begun: its claim is durable.
    pub(crate) fn begun(&self) {
        if !self.has_begun.swap(true, Ordering::Relaxed) {
            (self.observer)(Notice::Started { execution: self.ledger.execution });
        }
    }

    /// Records a step that never began.
    pub(crate) fn skip(&self, step: &Step, place: &Place, why: &StepFailure) {
        let (position, execution) = (self.ledger.position(), self.ledger.execution);
        let Place { parent, path } = place.clone();
        let (code, reason) = (Some(why.code.to_string()), Some(why.message.clone()));
        let (step, uses) = (step.id.clone(), uses(&step.action));
        let end = StepEnd {
            step: path.clone(),
            position,
            uses: uses.clone(),
            attempt: 1,
            state: State::Skipped,
            outputs: None,
            failure: None,
            took: Duration::ZERO,
        };
        self.ledger.add([Transition::StepSkipped {
            execution,
            position,
            parent,
            path,
            step,
            uses,
            code,
            reason,
            at: now(),
        }]);
        self.end(end);
    }

    /// Records a step that could not even be begun.
    pub(crate) fn unready(&self, step: &Step, place: &Place, failure: StepFailure) -> Done {
        let position = self.begin(step, place, &uses(&step.action), 1, &Facts::default());
        let failed = Failed { step: place.path.clone(), failure };
        self.finish(step, place, position, 1, Duration::ZERO, None, Some(&failed));
        Done::new(failed.state(), None).at(position).failed(failed)
    }

    /// Records the start of a step, of which these facts are known; returns its position.
    pub(crate) fn begin(&self, step: &Step, place: &Place, uses: &str, attempt: i32, facts: &Facts) -> i32 {
        let (position, execution) = (self.ledger.position(), self.ledger.execution);
        let Place { parent, path } = place.clone();
        let (step, uses) = (step.id.clone(), uses.to_owned());
        let (plugin_sha256, account) = (facts.plugin_sha256.clone(), facts.account.clone());
        self.ledger.add([Transition::StepStarted {
            execution,
            position,
            parent,
            path,
            step,
            uses,
            attempt,
            at: now(),
            plugin_sha256,
            account,
            called_with: facts.called_with.clone(),
        }]);
        position
    }

    /// Records the end of a step.
    #[expect(clippy::too_many_arguments, reason = "all of it is the record")]
    pub(crate) fn finish(
        &self,
        step: &Step,
        place: &Place,
        position: i32,
        attempt: i32,
        took: Duration,
        outputs: Option<&Value>,
        failed: Option<&Failed>,
    ) {
        let state = failed.map_or(State::Succeeded, Failed::state);
        let ending = Ending {
            state,
            code: failed.map(|failed| failed.failure.code.to_string()),
            reason: failed.map(|failed| failed.failure.message.clone()),
            at: now(),
        };
        let kept = outputs.map(Value::to_string).filter(|text| text.len() <= INLINE);
        let execution = self.ledger.execution;
        self.ledger.add([Transition::StepEnded { execution, position, ending, outputs: kept }]);
        self.end(StepEnd {
            step: place.path.clone(),
            position,
            uses: uses(&step.action),
            attempt,
            state,
            outputs: outputs.cloned(),
            failure: failed.map(|failed| failed.failure.clone()),
            took,
        });
    }

    fn end(&self, end: StepEnd) {
        (self.observer)(Notice::StepEnded(&end));
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).push(end);
    }
}

/// The largest outputs that are kept beside the step, as JSON in bytes.
pub(crate) const INLINE: usize = 256 * 1024;

impl Ran {
    /// Keeps what is to be known of a step and of the steps in it.
    pub(crate) fn know(&mut self, step: &Step, done: &Done) {
        done.tell(step, |id, facts| self.facts.push((id.to_owned(), facts.clone())));
    }

    fn add(&mut self, step: &Step, done: Done) {
        self.know(step, &done);
        if done.stops {
            self.failed = done.failed;
        }
    }
}

impl Done {
    pub(crate) fn new(state: State, outputs: Option<Value>) -> Self {
        let facts = StepFacts { state: state.to_string(), outputs, ..StepFacts::default() };
        Self { facts, failed: None, stops: false, position: None, inner: Vec::new() }
    }

    /// The same, recorded there.
    pub(crate) fn at(self, position: i32) -> Self {
        Self { position: Some(position), ..self }
    }

    /// The same, failed if there is a failure.
    pub(crate) fn failed_by(self, failed: Option<Failed>) -> Self {
        match failed {
            Some(failed) => self.failed(failed),
            None => self,
        }
    }

    pub(crate) fn failed(mut self, failed: Failed) -> Self {
        self.facts.state = failed.state().to_string();
        self.facts.code = Some(failed.failure.code.to_string());
        self.failed = Some(failed);
        self.stops = true;
        self
    }

    pub(crate) fn tables(mut self, tables: impl IntoIterator<Item = (String, TableFacts)>) -> Self {
        self.facts.tables.extend(tables);
        self
    }

    /// What is to be known of it and of the steps in it.
    fn tell(&self, step: &Step, mut known: impl FnMut(&str, &StepFacts)) {
        self.inner.iter().for_each(|(id, facts)| known(id, facts));
        known(&step.id, &self.facts);
    }
}

/// Why a step that did not begin was stopped.
pub(crate) fn stopped(why: &Stop) -> StepFailure {
    reason(why.code(), why.message())
}

fn reason(code: &'static str, message: &str) -> StepFailure {
    let code = Code::new(code);
    StepFailure { code, message: message.to_owned(), help: None, cut_off: false }
}
