//! Running a prepared job: one owner of the execution's state, every transition written before it is acted on.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;
use windlass_credentials::Sessions;
use windlass_hosting::{StepFailure, Stop, Timeout};
use windlass_keys::KeyStorage;
use windlass_network::Network;
use windlass_plugin_api::frames::Level;
use windlass_settings::Settings;
use windlass_store::{Ending, NewExecution, NewStep, State, Store, Stream, Transition};

use crate::recorder::now;
use crate::step_run::{StepResult, StepRun};
use crate::{EngineError, Prepared};

/// Runs prepared jobs.
pub struct Runner {
    /// The configuration.
    pub settings: Settings,
    /// The database.
    pub store: Store,
    /// Credentials of accounts.
    pub sessions: Sessions,
    /// Secrets of steps.
    pub keys: KeyStorage,
    /// Connections of steps.
    pub network: Arc<Network>,
    /// Certificates of authorities that steps trust beside the system's, PEM.
    pub certificates: Option<String>,
    /// The configuration file, which steps may not read.
    pub configuration: Option<PathBuf>,
}

/// Gets what happens while it happens, masked.
pub(crate) type Observer<'a> = &'a mut (dyn FnMut(Notice<'_>) + Send);

/// Something that happened in an execution.
#[derive(Debug)]
pub enum Notice<'a> {
    /// It began.
    Started {
        /// Its id.
        execution: Uuid,
    },
    /// A step began.
    StepStarted {
        /// The step's id.
        step: &'a str,
        /// Its step type.
        uses: &'a str,
    },
    /// A log line.
    Log {
        /// The step's id.
        step: &'a str,
        /// How bad.
        level: Level,
        /// The text.
        text: &'a str,
    },
    /// Bytes of standard output or error; they may begin and end within a line.
    Output {
        /// The step's id.
        step: &'a str,
        /// Which of the two.
        stream: Stream,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// What a step does now.
    Progress {
        /// The step's id.
        step: &'a str,
        /// A short line.
        text: &'a str,
        /// Between 0 and 1.
        fraction: Option<f64>,
    },
    /// A table begins.
    Table {
        /// The step's id.
        step: &'a str,
        /// The table's name.
        table: &'a str,
        /// Its columns.
        columns: &'a [String],
    },
    /// Rows of a table.
    Rows {
        /// The step's id.
        step: &'a str,
        /// The table's name.
        table: &'a str,
        /// A JSON array of arrays.
        rows: &'a str,
    },
    /// A step ended.
    StepEnded(&'a StepEnd),
}

/// How a step ended.
#[derive(Clone, Debug)]
pub struct StepEnd {
    /// The step's id.
    pub step: String,
    /// Its state.
    pub state: State,
    /// Its outputs, when it succeeded.
    pub outputs: Option<Value>,
    /// Why it did not, when it ran.
    pub failure: Option<StepFailure>,
    /// How long it ran.
    pub took: Duration,
}

/// How an execution ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its id.
    pub execution: Uuid,
    /// Its state.
    pub state: State,
    /// Its steps, in order.
    pub steps: Vec<StepEnd>,
}

impl Finished {
    /// Why it did not succeed: the failure of the step that ended it.
    pub fn failure(&self) -> Option<(&str, &StepFailure)> {
        self.steps.iter().find_map(|step| Some((step.step.as_str(), step.failure.as_ref()?)))
    }
}

impl Runner {
    /// Runs the job's steps one after another; the first that does not succeed ends it, and the rest is skipped.
    ///
    /// # Errors
    /// When the execution cannot be recorded. A failed step is a result, no error.
    pub async fn run(
        &self,
        prepared: &Prepared,
        observer: &mut (dyn FnMut(Notice<'_>) + Send),
        stop: watch::Receiver<Option<Stop>>,
    ) -> Result<Finished, EngineError> {
        let execution = Uuid::now_v7();
        let mut transitions = created(execution, prepared);
        let start = Instant::now();
        let mut ends: Vec<StepEnd> = Vec::new();
        let mut state = State::Succeeded;
        for (position, step) in (0..).zip(&prepared.steps) {
            if state != State::Succeeded {
                let end = StepEnd::skipped(&step.step.id);
                transitions.push(end.transition(execution, position));
                ends.push(end);
                continue;
            }
            let plugin_sha256 = step.library.sha256.clone();
            transitions.push(Transition::StepStarted { execution, position, at: now(), plugin_sha256 });
            self.store.commit(std::mem::take(&mut transitions)).await?;
            if position == 0 {
                observer(Notice::Started { execution });
            }
            observer(Notice::StepStarted { step: &step.step.id, uses: &step.step.uses.to_string() });
            let began = Instant::now();
            let timeout = timeout(step.step.timeout, prepared.job.timeout, began - start);
            let checkpoint = Mutex::default();
            let run = StepRun { runner: self, execution, prepared, position, step, timeout, checkpoint };
            let StepResult { outcome, unwritten } = run.run(observer, stop.clone()).await?;
            let end = StepEnd::new(&step.step.id, outcome, began.elapsed());
            observer(Notice::StepEnded(&end));
            state = end.state;
            transitions = unwritten;
            transitions.push(end.transition(execution, position));
            ends.push(end);
        }
        let finished = Finished { execution, state, steps: ends };
        let failure = finished.failure().map(|(_, failure)| failure);
        transitions.push(Transition::Ended { execution, ending: ending(state, failure) });
        self.store.commit(transitions).await?;
        Ok(finished)
    }
}

fn created(execution: Uuid, prepared: &Prepared) -> Vec<Transition> {
    let at = now();
    let steps = (0..).zip(&prepared.steps).map(|(position, step)| NewStep {
        position,
        step: step.step.id.clone(),
        uses: step.step.uses.to_string(),
    });
    let new = NewExecution {
        id: execution,
        project: prepared.project.to_string(),
        job: prepared.job.name.clone(),
        job_text: prepared.job.text().to_owned(),
        options: Value::Object(prepared.options.clone()).to_string(),
        queued_at: at,
    };
    vec![Transition::Created { execution: new, steps: steps.collect() }, Transition::Started { execution, at }]
}

/// Whichever ends first: the step's time, or what is left of the job's when `gone` of it is over.
fn timeout(step: Option<Duration>, job: Option<Duration>, gone: Duration) -> Option<Timeout> {
    let over = |whose: &str, all: Duration| format!("the {whose} took longer than its timeout of {all:?}");
    let step = step.map(|all| Timeout { after: all, message: over("step", all) });
    let job = job.map(|all| Timeout { after: all.saturating_sub(gone), message: over("job", all) });
    step.into_iter().chain(job).min_by_key(|timeout| timeout.after)
}

fn ending(state: State, failure: Option<&StepFailure>) -> Ending {
    Ending {
        state,
        code: failure.map(|failure| failure.code.to_string()),
        reason: failure.map(|failure| failure.message.clone()),
        at: now(),
    }
}

impl StepEnd {
    fn new(step: &str, outcome: Result<Value, StepFailure>, took: Duration) -> Self {
        let state = match &outcome {
            Ok(_) => State::Succeeded,
            Err(failure) => match failure.code.as_str() {
                "step.timed-out" => State::TimedOut,
                "step.cancelled" => State::Cancelled,
                _ => State::Failed,
            },
        };
        let (outputs, failure) = match outcome {
            Ok(outputs) => (Some(outputs), None),
            Err(failure) => (None, Some(failure)),
        };
        Self { step: step.to_owned(), state, outputs, failure, took }
    }

    fn skipped(step: &str) -> Self {
        let state = State::Skipped;
        Self { step: step.to_owned(), state, outputs: None, failure: None, took: Duration::ZERO }
    }

    fn transition(&self, execution: Uuid, position: i32) -> Transition {
        let outputs = self.outputs.as_ref().map(Value::to_string);
        Transition::StepEnded { execution, position, ending: ending(self.state, self.failure.as_ref()), outputs }
    }
}
