//! The shape of a calendar file, before any rule beyond its types is checked.

use serde::Deserialize;
use windlass_settings::yaml::Spanned;

type Text = Spanned<String>;

/// Times that are allowed or forbidden.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CalendarFile {
    #[serde(rename = "apiVersion")]
    pub(super) _api_version: String,
    #[serde(rename = "kind")]
    pub(super) _kind: String,
    pub(super) name: Text,
    pub(super) description: Option<Text>,
    pub(super) time_zone: Option<Text>,
    #[serde(default)]
    pub(super) forbidden: Vec<Spanned<RuleFile>>,
    pub(super) allowed: Option<Spanned<Vec<Spanned<RuleFile>>>>,
}

/// What has to hold at once.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RuleFile {
    pub(super) name: Option<Text>,
    #[serde(default)]
    pub(super) dates: Vec<Text>,
    #[serde(default)]
    pub(super) days: Vec<Text>,
    pub(super) hours: Option<Text>,
    pub(super) icalendar: Option<Text>,
}
