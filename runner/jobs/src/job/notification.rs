use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_settings::yaml::Position;

use super::{Concurrency, Job, OnInterrupted, Retry, Step, WhenFull};

/// Somebody, or something, that is told what happens to the executions of a job.
#[derive(Clone, Debug)]
pub struct Notification {
    /// About what.
    pub on: Vec<Event>,
    /// How long an execution takes when [`Event::Slow`] is told.
    pub slower_than: Option<SlowerThan>,
    /// How: a step type and its configuration.
    pub step: Step,
    /// Where it stands.
    pub at: Position,
}

/// What can be told of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    /// It begins.
    Start,
    /// It has succeeded.
    Success,
    /// It has failed, has taken too long, or was interrupted, and the job is not tried again.
    Failure,
    /// It has failed, and the job will be tried again.
    Retry,
    /// It was cancelled while it ran.
    Cancelled,
    /// It runs for longer than `slowerThan` says.
    Slow,
}

/// How long an execution may take before somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowerThan {
    /// So long.
    Time(Duration),
    /// So many percent of what the last ones that succeeded took on average.
    PartOfUsual(u32),
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Start, Self::Success, Self::Failure, Self::Retry, Self::Cancelled, Self::Slow];

    /// The word in a job file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Retry => "retry",
            Self::Cancelled => "cancelled",
            Self::Slow => "slow",
        }
    }
}

impl Notification {
    /// The most of a job.
    pub const MOST: usize = 20;
    /// What a notification is tried for, unless its file says something else.
    const TRIES: Retry = Retry { attempts: 6, backoff: Duration::from_secs(10), on: Vec::new() };
    /// How long one attempt may take, unless its file says something else.
    const TIMEOUT: Duration = Duration::from_secs(120);
}

impl Job {
    /// The job that tells something, of this notification; none if there is none of this number. Its one step sees what
    /// happened as `event`, and none of this job's options.
    pub fn notifying(&self, number: usize) -> Option<Self> {
        let mut step = self.notifications.get(number)?.step.clone();
        let retry = step.retry.take().unwrap_or(Notification::TRIES);
        step.timeout.get_or_insert(Notification::TIMEOUT);
        Some(Self {
            timeout: None,
            retry: Some(retry),
            concurrency: Concurrency { limit: 1000, when_full: WhenFull::Queue },
            // What was said twice does less harm than what was not said.
            on_interrupted: OnInterrupted::Restart,
            allow_repeat: true,
            schedules: Vec::new(),
            notifications: Vec::new(),
            options: Vec::new(),
            steps: vec![step],
            outputs: Vec::new(),
            ..self.clone()
        })
    }
}
