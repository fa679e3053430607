use std::fmt;
use std::time::Duration;

use windlass_settings::yaml::Position;

use super::Retry;
use crate::tree::Tree;

/// One step: what it does, and when and how often.
#[derive(Clone, Debug)]
pub struct Step {
    /// Unique in the job, `[a-z][A-Za-z0-9_]*`.
    pub id: String,
    /// What it does.
    pub action: Action,
    /// For each of which values it is done; once when absent.
    pub for_each: Option<ForEach>,
    /// It is skipped unless this is true.
    pub condition: Option<Tree>,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// Whether and when it is done again after a failure.
    pub retry: Option<Retry>,
    /// Whether the job goes on after its failure.
    pub continue_on_error: bool,
    /// What is done after its last failure.
    pub on_error: Vec<Step>,
    /// Its account, if not the job's: a text, or an expression that comes to one of the job's `accounts`.
    pub account: Option<Tree>,
    /// Its region, if not the job's: a text, or an expression that comes to one.
    pub region: Option<Tree>,
    /// Where it stands.
    pub at: Position,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Runs a step type of a plugin.
    Uses {
        /// The step type.
        uses: StepType,
        /// Where it is named.
        at: Position,
        /// Its configuration.
        with: Tree,
    },
    /// Runs another job of the project as an execution of its own.
    Job {
        /// The other job's name.
        name: String,
        /// Where it is named.
        at: Position,
        /// The values of its options.
        options: Tree,
    },
    /// Steps that run at the same time.
    Parallel {
        /// How many at a time; all when absent.
        limit: Option<usize>,
        /// The steps.
        steps: Vec<Step>,
    },
    /// Steps that run one after another.
    Steps(Vec<Step>),
}

/// Values for each of which a step is done.
#[derive(Clone, Debug)]
pub struct ForEach {
    /// A list, or an expression that comes to one.
    pub items: Tree,
    /// How many at a time.
    pub limit: usize,
}

/// `plugin-name/step-name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepType {
    /// The plugin.
    pub plugin: String,
    /// The step type within it.
    pub step: String,
}

impl Step {
    /// The steps in it; none when it runs a step type or a job.
    pub fn inner(&self) -> &[Self] {
        match &self.action {
            Action::Parallel { steps, .. } | Action::Steps(steps) => steps,
            Action::Uses { .. } | Action::Job { .. } => &[],
        }
    }

    /// The step type that it runs, if it runs one.
    pub fn uses(&self) -> Option<&StepType> {
        match &self.action {
            Action::Uses { uses, .. } => Some(uses),
            _ => None,
        }
    }
}

impl StepType {
    /// Reads `plugin-name/step-name`.
    pub fn parse(text: &str) -> Option<Self> {
        let kebab = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let (plugin, step) = text.split_once('/')?;
        (kebab(plugin) && kebab(step)).then(|| Self { plugin: plugin.to_owned(), step: step.to_owned() })
    }
}

impl fmt::Display for StepType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.plugin, self.step)
    }
}

/// The steps of all levels in the order of the file.
#[derive(Clone, Debug)]
pub struct AllSteps<'a> {
    open: Vec<&'a Step>,
}

impl<'a> AllSteps<'a> {
    pub(super) fn new(steps: &'a [Step]) -> Self {
        Self { open: steps.iter().rev().collect() }
    }
}

impl<'a> Iterator for AllSteps<'a> {
    type Item = &'a Step;

    fn next(&mut self) -> Option<&'a Step> {
        let step = self.open.pop()?;
        self.open.extend(step.on_error.iter().rev());
        self.open.extend(step.inner().iter().rev());
        Some(step)
    }
}
