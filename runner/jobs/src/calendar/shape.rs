//! The shape of a calendar file, before any rule beyond its types is checked. Its comments are what editors show.

use schemars::JsonSchema;
use serde::Deserialize;
use windlass_settings::yaml::Spanned;

use super::editors::{DATES, Day, HOURS};

type Text = Spanned<String>;

/// A calendar: which times are allowed or forbidden to the schedules that name it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Calendar")]
pub(super) struct CalendarFile {
    /// The version of the file format.
    #[serde(rename = "apiVersion")]
    #[schemars(extend("const" = "windlass/v1"))]
    pub(super) _api_version: String,
    /// What kind of file it is.
    #[serde(rename = "kind")]
    #[schemars(extend("const" = "Calendar"))]
    pub(super) _kind: String,
    /// The calendar's name; unique in its project.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9._-]{1,100}$"))]
    pub(super) name: Text,
    /// For people.
    #[schemars(with = "Option<String>", length(max = 10_000))]
    pub(super) description: Option<Text>,
    /// Whose dates and hours are meant: `Europe/Berlin`; `UTC` when not given.
    #[schemars(with = "Option<String>")]
    pub(super) time_zone: Option<Text>,
    /// What is forbidden, whatever is allowed: what any of these says.
    #[serde(default)]
    #[schemars(with = "Vec<RuleFile>", length(max = 200))]
    pub(super) forbidden: Vec<Spanned<RuleFile>>,
    /// What alone is allowed: what any of these says. Everything when not given.
    #[schemars(with = "Option<Vec<RuleFile>>", length(min = 1, max = 200))]
    pub(super) allowed: Option<Spanned<Vec<Spanned<RuleFile>>>>,
}

/// What has to hold at once; at least one thing beside the name.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Rule", extend("anyOf" = [
    {"required": ["dates"]},
    {"required": ["days"]},
    {"required": ["hours"]},
    {"required": ["icalendar"]},
]))]
pub(super) struct RuleFile {
    /// What the reason tells where it forbids a time.
    #[schemars(with = "Option<String>", length(min = 1, max = 100))]
    pub(super) name: Option<Text>,
    /// One of these days, or of these stretches of days with both ends: `2026-12-24`, `2026-12-31..2027-01-02`.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = 1000), inner(regex(pattern = DATES)))]
    pub(super) dates: Vec<Text>,
    /// One of these days of the week.
    #[serde(default)]
    #[schemars(with = "Vec<Day>")]
    pub(super) days: Vec<Text>,
    /// From the first on, before the last: `09:00-17:00`. Hours over midnight belong to the day on which they begin.
    #[schemars(with = "Option<String>", regex(pattern = HOURS))]
    pub(super) hours: Option<Text>,
    /// While an event of this file goes on; it stands beside the calendar's, or below.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub(super) icalendar: Option<Text>,
}
