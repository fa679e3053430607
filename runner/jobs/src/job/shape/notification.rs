//! The shape of a notification.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use windlass_settings::yaml::Spanned;

use super::super::Event;
use super::super::editors::{DURATION, STEP_TYPE};
use super::{RetryFile, Text};
use crate::tree::Tree;

/// Somebody who is told what happens to the job's executions.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Notification")]
pub(in crate::job) struct NotificationFile {
    /// What is told.
    #[schemars(with = "Vec<Event>", length(min = 1, max = 6))]
    pub(in crate::job) on: Vec<Spanned<Event>>,
    /// How long an execution takes when `slow` is told: `30m`, or `150%` of what the last ones that succeeded took on average.
    #[schemars(with = "Option<String>")]
    pub(in crate::job) slower_than: Option<Text>,
    /// The step type that tells it: `notify/slack`.
    #[schemars(with = "String", regex(pattern = STEP_TYPE))]
    pub(in crate::job) uses: Text,
    /// Its configuration; expressions see what happened as `event`.
    #[schemars(with = "Option<Value>")]
    pub(in crate::job) with: Option<Tree>,
    /// Its account, if not the job's.
    #[schemars(with = "Option<String>")]
    pub(in crate::job) account: Option<Tree>,
    /// Its region, if not the job's.
    #[schemars(with = "Option<String>")]
    pub(in crate::job) region: Option<Tree>,
    /// How long one attempt may take, 2m when not given.
    #[schemars(with = "Option<String>", regex(pattern = DURATION))]
    pub(in crate::job) timeout: Option<Text>,
    /// How often it is tried: 6 times with a `backoff` of 10s when not given.
    pub(in crate::job) retry: Option<RetryFile>,
}
