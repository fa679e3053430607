//! The shape of a schedule.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::super::Missed;
use super::super::editors::DURATION;
use super::Text;
use crate::tree::Tree;

/// When the job is run by itself: exactly one of `cron`, `every` and `at`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Schedule", extend("oneOf" = [
    {"required": ["cron"]},
    {"required": ["every"]},
    {"required": ["at"]},
]))]
pub(in crate::job) struct ScheduleFile {
    /// What clocks show: five fields as unix cron has them, `30 2 * * MON-FRI`, or six or seven as Quartz has them, with
    /// the second in front, `0 30 2 ? * MON-FRI`.
    #[schemars(with = "Option<String>", length(min = 1, max = 1000))]
    pub(in crate::job) cron: Option<Text>,
    /// Again and again after the same time, counted from 1970 in UTC: `30s`, `15m`, `1h30m`.
    #[schemars(with = "Option<String>", regex(pattern = DURATION))]
    pub(in crate::job) every: Option<Text>,
    /// Once: `2026-12-24T18:00:00+01:00`, or without an offset in `timeZone`.
    #[schemars(with = "Option<String>")]
    pub(in crate::job) at: Option<Text>,
    /// Unique in the job; the text of its timing when not given.
    #[schemars(with = "Option<String>", length(min = 1, max = 100))]
    pub(in crate::job) name: Option<Text>,
    /// Whose clocks `cron` and `at` mean: `Europe/Berlin`; `UTC` when not given.
    #[schemars(with = "Option<String>")]
    pub(in crate::job) time_zone: Option<Text>,
    /// The values of the job's options.
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    pub(in crate::job) options: Option<Tree>,
    /// The calendars of the project that all have to allow a time.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = 20))]
    pub(in crate::job) calendars: Vec<Text>,
    /// What becomes of times at which nobody was there to run it.
    #[serde(default)]
    pub(in crate::job) missed: Missed,
    /// Whether it is in force; yes when not given.
    pub(in crate::job) enabled: Option<bool>,
}
