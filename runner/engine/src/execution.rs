//! One execution from its claim to its recorded end.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};
use uuid::Uuid;
use windlass_hosting::StepFailure;
use windlass_jobs::{Event, RunFacts, Values, evaluate};
use windlass_store::{Cause, Ending, ExecutionRow, JobText, NewExecution, Scheduled, State, StoreError, Transition};

use crate::notice::{Failed, Observer, StepEnd};
use crate::notify::{self, Happened};
use crate::output::ShortSecrets;
use crate::plugin_steps::PluginSteps;
use crate::recorder::now;
use crate::schedules::time;
use crate::tables::Recorded;
use crate::walk::{Begun, Inside, Ledger, Past, Ran, Walk};
use crate::{Engine, EngineError, Halt, JobVersion, Prepared, failure, options};

/// An execution that is about to run.
#[derive(Clone, Debug)]
pub(crate) struct Run<'a> {
    pub(crate) execution: Uuid,
    /// Which attempt at the whole job this is, from 1.
    pub(crate) attempt: i64,
    /// How many of those before it were interrupted, which are no failures of the job.
    pub(crate) restarts: i64,
    /// The due time that it stands for.
    pub(crate) scheduled: Option<Scheduled>,
    /// When it first began, if it goes on.
    pub(crate) started_at: Option<i64>,
    /// Whether it had ended, and goes on because somebody said so.
    pub(crate) reopened: bool,
    /// The number of the claim by which this process runs it.
    pub(crate) fence: i64,
    pub(crate) prepared: &'a Prepared,
}

/// How an execution ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its id.
    pub execution: Uuid,
    /// Its state.
    pub state: State,
    /// Its steps, in the order in which they began.
    pub steps: Vec<StepEnd>,
    /// What its job gives to others.
    pub outputs: Option<Value>,
    /// Why it did not succeed.
    pub failed: Option<Failed>,
    /// The execution that tries the job again, and is queued.
    pub next: Option<Box<NewExecution>>,
}

impl Engine {
    /// Runs an execution to its end.
    ///
    /// # Errors
    /// When it cannot be recorded, [`StoreError::NotClaimed`] when it is somebody else's, [`StoreError::Lost`] when it has
    /// become so, [`EngineError::CutOff`] when this process may not run it any longer. A failed step is a result.
    pub(crate) async fn walk(
        &self,
        run: &Run<'_>,
        begun: Begun,
        past: Past,
        observer: Observer<'_>,
        halt: &Halt,
    ) -> Result<Finished, EngineError> {
        // Boxed: jobs run jobs, and each would lie on the stack whole several times.
        self.while_leased(Box::pin(self.walk_held(run, begun, past, observer, halt))).await
    }

    async fn walk_held(
        &self,
        run: &Run<'_>,
        begun: Begun,
        past: Past,
        observer: Observer<'_>,
        halt: &Halt,
    ) -> Result<Finished, EngineError> {
        let Run { execution, prepared, .. } = *run;
        let _runs = self.running.enter(execution, halt.clone());
        let job = prepared.job.as_ref();
        let (is_new, started_at) = (past.is_empty(), run.started_at.unwrap_or_else(now));
        let log_end = if past.is_empty() { 0 } else { self.store.log_end(execution).await? };
        let ledger = Ledger::new(self.store.clone(), self.hold(run), begun, past, log_end);
        let happened = |event, state| Happened::to(run, event, state, started_at);
        if is_new {
            ledger.add(notify::queued(prepared.told(&happened(Event::Start, State::Running))));
        }
        let tables = Recorded::new(self.store.clone(), execution);
        let steps =
            PluginSteps { engine: self, run, ledger: &ledger, observer, tables, short: ShortSecrets::default() };
        let has_begun = AtomicBool::new(false);
        let walk = Walk { worker: &steps, ledger: &ledger, job, observer, ends: Mutex::default(), has_begun };
        let values = run.values();
        let time = job.timeout.map(|all| (all, format!("the job took longer than its timeout of {all:?}")));
        let walking = halt.within(time, walk.sequence(&job.steps, values.clone(), Inside::default(), halt));
        let ran = self.telling_if_slow(run, &happened(Event::Slow, State::Running), walking).await?;
        let mut ends = std::mem::take(&mut *walk.ends.lock().unwrap_or_else(PoisonError::into_inner));
        ends.sort_by_key(|end| end.position);
        let (outputs, failed) = outputs(run, values, ran);
        let next = failed.as_ref().filter(|_| halt.why().is_none()).and_then(|failed| again(run, failed));
        let state = failed.as_ref().map_or(State::Succeeded, Failed::state);
        let ending = ending(state, failed.as_ref().map(|failed| &failed.failure));
        let kept = outputs.as_ref().map(Value::to_string);
        ledger.add([Transition::Ended { execution, ending, outputs: kept }]);
        if let Some(event) = notify::of_end(state, next.is_some()) {
            let ended = Happened { failed: failed.as_ref(), outputs: outputs.as_ref(), ..happened(event, state) };
            ledger.add(notify::queued(prepared.told(&ended)));
        }
        if let Some(execution) = next.clone() {
            let secrets = self.sealed(execution.id, &prepared.bound).await?;
            ledger.add([Transition::Queued { execution, secrets }]);
        }
        ledger.write().await?;
        walk.begun();
        Ok(Finished { execution, state, steps: ends, outputs, failed, next: next.map(Box::new) })
    }
}

/// The execution that tries the job again after this failure, if there is to be one.
fn again(run: &Run<'_>, failed: &Failed) -> Option<NewExecution> {
    let retry = run.prepared.job.retry.as_ref()?;
    let attempts = u32::try_from(run.attempt - run.restarts).unwrap_or(u32::MAX);
    let wait = retry.after(attempts, failed.failure.code.as_str())?;
    if failed.state() == State::Cancelled {
        return None;
    }
    let at = now();
    let not_before = at.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
    Some(NewExecution {
        retry_of: Some(run.execution),
        attempt: run.attempt + 1,
        restarts: run.restarts,
        not_before: Some(not_before),
        scheduled: run.scheduled,
        ..run.prepared.new_execution(Cause::Retry, at)
    })
}

impl<'a> Run<'a> {
    /// Of an execution that is recorded.
    pub(crate) fn of(row: &ExecutionRow, prepared: &'a Prepared) -> Self {
        let (fence, scheduled) = (row.fence + 1, row.scheduled);
        let (started_at, reopened) = (row.started_at, row.redo_before.is_some());
        let (execution, attempt, restarts) = (row.id, row.attempt, row.restarts);
        Self { execution, attempt, restarts, scheduled, started_at, reopened, fence, prepared }
    }

    /// Of one that is about to be recorded.
    pub(crate) fn new(new: &NewExecution, prepared: &'a Prepared) -> Self {
        let NewExecution { id: execution, attempt, restarts, scheduled, .. } = *new;
        Self { execution, attempt, restarts, scheduled, started_at: None, reopened: false, fence: 1, prepared }
    }

    /// Of one that never is.
    pub(crate) fn of_none(execution: Uuid, prepared: &'a Prepared) -> Self {
        let (started_at, reopened, scheduled) = (None, false, None);
        Self { execution, attempt: 1, restarts: 0, scheduled, started_at, reopened, fence: 0, prepared }
    }

    /// What expressions see before the first step.
    pub(crate) fn values(&self) -> Values {
        let execution = self.execution.to_string();
        let scheduled_at = self.scheduled.map(|scheduled| time(scheduled.at).to_string());
        let facts = RunFacts {
            project: self.prepared.project.as_str(),
            job: &self.prepared.job.name,
            execution: &execution,
            attempt: u32::try_from(self.attempt).unwrap_or(u32::MAX),
            scheduled_at: scheduled_at.as_deref(),
        };
        let values = Values::new(&facts, &self.prepared.bound, &self.prepared.job);
        match &self.prepared.telling {
            Some(telling) => values.with_event(&serde_json::from_str(&telling.event).unwrap_or_default()),
            None => values,
        }
    }
}

impl Prepared {
    /// An execution of this job with these options.
    pub(crate) fn new_execution(&self, cause: Cause, at: i64) -> NewExecution {
        let job = &self.job;
        let text = match self.version {
            Some(JobVersion { job, version }) => JobText::Stored { job, version },
            None => JobText::Inline(job.text().to_owned()),
        };
        let new = NewExecution {
            options: options::stored(&self.bound),
            needs: self.needs.clone(),
            ..NewExecution::of_job(self.project.as_str(), &job.name, &job.identity(), text, cause, at)
        };
        match self.telling.clone() {
            Some(telling) => NewExecution { job_key: notify::key(&self.project, job), telling: Some(telling), ..new },
            None => NewExecution { concurrency: job.concurrency.limit.into(), ..new },
        }
    }
}

/// The outputs of the job, from what its steps left; that they cannot be made fails it.
fn outputs(run: &Run<'_>, mut values: Values, ran: Ran) -> (Option<Value>, Option<Failed>) {
    if ran.failed.is_some() {
        return (None, ran.failed);
    }
    ran.facts.into_iter().for_each(|(id, facts)| values.record_step(&id, facts));
    let mut outputs = Map::new();
    for output in &run.prepared.job.outputs {
        match evaluate(&output.value, &values, &run.prepared.job) {
            Ok(evaluated) => outputs.insert(output.name.clone(), evaluated.value),
            Err(error) => {
                let step = format!("outputs.{}", output.name);
                return (None, Some(Failed { step, failure: failure(&error) }));
            }
        };
    }
    (Some(Value::Object(outputs)), None)
}

/// An end that is recorded now.
pub(crate) fn ending(state: State, failure: Option<&StepFailure>) -> Ending {
    Ending {
        state,
        code: failure.map(|failure| failure.code.to_string()),
        reason: failure.map(|failure| failure.message.clone()),
        at: now(),
    }
}

/// Whether an execution is not this process's to run.
pub(crate) fn is_taken(error: &EngineError) -> bool {
    matches!(error, EngineError::Store(StoreError::NotClaimed { .. }))
}
