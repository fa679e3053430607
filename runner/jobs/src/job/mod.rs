//! Job definitions.

mod address;
mod editors;
mod notification;
mod option;
mod policy;
mod read;
mod schedule;
mod shape;
mod step;
mod text;

use std::path::Path;
use std::time::Duration;

use windlass_settings::AccountName;
use windlass_settings::yaml::{Position, read as read_file};

pub use address::WebAddress;
pub use editors::job_schema;
pub use notification::{Event, Notification, SlowerThan};
pub(crate) use option::scalar_text;
pub use option::{OptionKind, OptionSpec, Pattern, ValuesFrom, ValuesStep};
pub use policy::{Concurrency, OnInterrupted, Retry, WhenFull};
pub(crate) use read::{control_character, is_line, is_plain};
pub use schedule::{JobSchedule, Missed, NamedCalendar};
pub use step::{Action, AllSteps, ForEach, Step, StepType};
pub use text::JobText;

#[cfg(test)]
pub(crate) use read::tests::EVERYTHING;

use crate::tree::Tree;
use crate::{JobError, JobErrors};

/// A job as its file defines it, every rule checked that needs no plugin, no other job and no option value.
#[derive(Clone, Debug)]
pub struct Job {
    /// The job's name; unique in its project.
    pub name: String,
    /// What stays the same when the job is renamed, so that its history stays with it.
    pub id: Option<String>,
    /// Where it is listed, `team/nightly`.
    pub group: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// The account of steps that name none.
    pub account: Option<AccountName>,
    /// The accounts that an expression in a step's `account` may come to.
    pub accounts: Vec<AccountName>,
    /// The region of steps that name none.
    pub region: Option<String>,
    /// How long the whole job may take, from its first step to its last.
    pub timeout: Option<Duration>,
    /// Whether and when the whole job is run again after a failure.
    pub retry: Option<Retry>,
    /// How many executions of it run at a time, and what becomes of one more.
    pub concurrency: Concurrency,
    /// What becomes of an execution whose runner has ended.
    pub on_interrupted: OnInterrupted,
    /// The labels that a server must have to take it, sorted.
    pub runs_on: Vec<String>,
    /// Whether it may be restarted although a step is not safe to repeat.
    pub allow_repeat: bool,
    /// What a run can be given.
    pub options: Vec<OptionSpec>,
    /// When it is run by itself.
    pub schedules: Vec<JobSchedule>,
    /// Who is told what happens to its executions.
    pub notifications: Vec<Notification>,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// What it gives to a job that refers to it: names and values.
    pub outputs: Vec<Output>,
    /// The file that it was read from, for errors that are found later.
    pub file: JobText,
}

/// A value of a job by name.
#[derive(Clone, Debug)]
pub struct Output {
    /// `[a-z][A-Za-z0-9_]*`
    pub name: String,
    /// Where its value comes from.
    pub value: Tree,
}

impl Job {
    /// Reads a job file.
    ///
    /// # Errors
    /// `job.unreadable`, or `job.invalid` for each broken rule with its place.
    pub fn read(path: &Path) -> Result<Self, JobErrors> {
        let text = read_file(path).map_err(|source| JobError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(path, text)
    }

    /// Reads the text of a job; errors call it `label`.
    ///
    /// # Errors
    /// `job.invalid` for each broken rule with its place; a fault of syntax or shape comes alone.
    pub fn parse(label: &Path, text: String) -> Result<Self, JobErrors> {
        read::parse(&JobText::new(label, text))
    }

    /// What stays the same for all versions of the job: `id:ID`, else `name:NAME`.
    pub fn identity(&self) -> String {
        self.id.as_ref().map_or_else(|| format!("name:{}", self.name), |id| format!("id:{id}"))
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        self.file.text()
    }

    /// Every step at every level in the order of the file: a step, the steps in it, its handlers.
    pub fn all_steps(&self) -> AllSteps<'_> {
        AllSteps::new(&self.steps)
    }

    /// Every step, and those that send its notifications.
    pub fn all_used(&self) -> impl Iterator<Item = &Step> {
        self.all_steps().chain(self.notifications.iter().map(|notification| &notification.step))
    }

    /// The step with this id, at whatever level.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.all_steps().find(|step| step.id == id)
    }

    /// The option of this name.
    pub fn option(&self, name: &str) -> Option<&OptionSpec> {
        self.options.iter().find(|option| option.name == name)
    }

    /// An error at a place of the job's file.
    pub fn error(&self, code: &'static str, place: impl Into<Position>, message: impl Into<String>) -> JobError {
        JobError::at(code, self.file.at(place, message))
    }
}
