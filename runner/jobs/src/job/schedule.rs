use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_schedules::Schedule;
use windlass_settings::yaml::Position;

use crate::{Given, Options};

/// When a job is run by itself, and with which options.
#[derive(Clone, Debug)]
pub struct JobSchedule {
    /// Unique in the job; the text of its timing when the file gives none.
    pub name: String,
    /// The times.
    pub schedule: Schedule,
    /// The values that it gives for the job's options; they fit, and those that a run needs are among them.
    pub options: Options,
    /// The calendars that all have to allow a time.
    pub calendars: Vec<NamedCalendar>,
    /// What becomes of times at which nobody was there to run it.
    pub missed: Missed,
    /// Whether it is in force.
    pub enabled: bool,
    /// Where it stands.
    pub at: Position,
}

/// The name of a calendar of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCalendar {
    /// The name; whether the project has it, [`check`](crate::check()) says.
    pub name: String,
    /// Where it is named.
    pub at: Position,
}

/// What becomes of the times that a schedule was due while nobody was there to run the job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Missed {
    /// The job is run once for all of them.
    #[default]
    RunOnce,
    /// The job is run for each of them, within bounds.
    RunAll,
    /// Each is recorded, and the job is not run.
    Skip,
}

impl JobSchedule {
    /// The values that it gives, as [`bind`](crate::bind) takes them.
    pub fn given(&self) -> Vec<(String, Given)> {
        self.options.iter().map(|(name, value)| (name.clone(), Given::Value(value.clone()))).collect()
    }
}

impl Missed {
    /// The word in a job file.
    pub fn word(self) -> &'static str {
        match self {
            Self::RunOnce => "runOnce",
            Self::RunAll => "runAll",
            Self::Skip => "skip",
        }
    }
}
