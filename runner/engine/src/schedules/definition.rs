//! A schedule as the database has it: JSON that members of the version before read as well, so keys are added, never changed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use windlass_jobs::{JobSchedule, Missed};
use windlass_schedules::Schedule;

/// What is kept of a schedule beside its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Definition {
    #[serde(flatten)]
    pub(super) schedule: Schedule,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) calendars: Vec<String>,
    #[serde(default)]
    pub(super) missed: Missed,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) options: Map<String, Value>,
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub(super) enabled: bool,
}

fn yes() -> bool {
    true
}

impl Definition {
    pub(super) fn of(schedule: &JobSchedule) -> Self {
        Self {
            schedule: schedule.schedule.clone(),
            calendars: schedule.calendars.iter().map(|calendar| calendar.name.clone()).collect(),
            missed: schedule.missed,
            options: schedule.options.clone(),
            enabled: schedule.enabled,
        }
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("it is texts and numbers")
    }

    pub(super) fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}
