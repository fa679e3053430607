//! What whoever watches an execution is told, masked, while it happens.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;
use windlass_errors::Code;
use windlass_hosting::StepFailure;
use windlass_plugin_api::frames::Level;
use windlass_store::{State, Stream};

/// Gets what happens while it happens. Called in the task that runs the execution, so it must be quick.
pub type Observer<'a> = &'a (dyn Fn(Notice<'_>) + Send + Sync);

/// Something that happened in an execution. A step is named by its path, `deploy[3].check`.
#[derive(Debug)]
pub enum Notice<'a> {
    /// It began.
    Started {
        /// Its id.
        execution: Uuid,
    },
    /// It waits for a reason that is not its own.
    Waits {
        /// The reason.
        reason: &'a str,
    },
    /// A step began.
    StepStarted {
        /// The step.
        step: &'a str,
        /// Its step type.
        uses: &'a str,
        /// Which attempt this is, from 1.
        attempt: i32,
    },
    /// A step failed and is done again after a wait.
    StepRetries {
        /// The step.
        step: &'a str,
        /// What it failed with.
        failure: &'a StepFailure,
        /// How long it waits.
        wait: Duration,
    },
    /// A log line.
    Log {
        /// The step.
        step: &'a str,
        /// How bad.
        level: Level,
        /// The text.
        text: &'a str,
    },
    /// Bytes of standard output or error; they may begin and end within a line.
    Output {
        /// The step.
        step: &'a str,
        /// Which of the two.
        stream: Stream,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// What a step does now.
    Progress {
        /// The step.
        step: &'a str,
        /// A short line.
        text: &'a str,
        /// Between 0 and 1.
        fraction: Option<f64>,
    },
    /// Rows of what a step has found so far, in the place of those before.
    Preview {
        /// The step.
        step: &'a str,
        /// The names of the columns.
        columns: &'a [String],
        /// The rows; there may be more or fewer cells than columns.
        rows: &'a [Vec<String>],
    },
    /// A step ended.
    StepEnded(&'a StepEnd),
}

/// How a step ended.
#[derive(Clone, Debug)]
pub struct StepEnd {
    /// Its path.
    pub step: String,
    /// Its number in the order of starts.
    pub position: i32,
    /// Its step type, or what kind of group it is.
    pub uses: String,
    /// Which attempt this was, from 1.
    pub attempt: i32,
    /// Its state.
    pub state: State,
    /// Its outputs, when it succeeded.
    pub outputs: Option<Value>,
    /// Why it did not, when it ran.
    pub failure: Option<StepFailure>,
    /// How long it ran.
    pub took: Duration,
}

/// What ended an execution, or a part of it, early.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The path of the step.
    pub step: String,
    /// Its failure.
    pub failure: StepFailure,
}

impl Failed {
    /// The state that this makes of whatever ended by it.
    pub fn state(&self) -> State {
        match self.failure.code.as_str() {
            "step.timed-out" => State::TimedOut,
            "step.cancelled" => State::Cancelled,
            _ => State::Failed,
        }
    }

    /// Why what follows is skipped.
    pub(crate) fn skips(&self) -> StepFailure {
        let how = match self.state() {
            State::TimedOut => "ran out of time",
            State::Cancelled => "was stopped",
            _ => "failed",
        };
        let message = format!("step `{}` {how} before it", self.step);
        StepFailure { code: Code::new("step.not-reached"), message, help: None, cut_off: false }
    }
}

/// Tells what happens in an execution that a step runs, as if its steps were part of that step.
pub(crate) fn prefixed<'a>(observer: Observer<'a>, prefix: &'a str) -> impl Fn(Notice<'_>) + Send + Sync + 'a {
    let named = move |step: &str| format!("{prefix}/{step}");
    move |notice| match notice {
        Notice::Started { .. } => {}
        Notice::Waits { reason } => observer(Notice::Waits { reason }),
        Notice::StepStarted { step, uses, attempt } => {
            observer(Notice::StepStarted { step: &named(step), uses, attempt });
        }
        Notice::StepRetries { step, failure, wait } => {
            observer(Notice::StepRetries { step: &named(step), failure, wait });
        }
        Notice::Log { step, level, text } => observer(Notice::Log { step: &named(step), level, text }),
        Notice::Output { step, stream, bytes } => observer(Notice::Output { step: &named(step), stream, bytes }),
        Notice::Progress { step, text, fraction } => observer(Notice::Progress { step: &named(step), text, fraction }),
        Notice::Preview { step, columns, rows } => observer(Notice::Preview { step: &named(step), columns, rows }),
        Notice::StepEnded(end) => observer(Notice::StepEnded(&StepEnd { step: named(&end.step), ..end.clone() })),
    }
}
