//! The step to run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One step to run.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// Which step type of the plugin.
    pub step: String,
    /// The step's `with:`, expressions evaluated, checked against the schema, secrets in the place of the paths of their
    /// keys.
    pub config: Value,
    /// For messages and for the user agent of AWS calls.
    pub execution: ExecutionInfo,
    /// The AWS region, when the step has an account: that of the first of `places`.
    pub region: Option<String>,
    /// Where the step works; none without an account. Since api 1.1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// Endpoints to use instead of AWS's own, by service name.
    pub endpoints: BTreeMap<String, String>,
    /// Certificates of authorities to trust beside the system's, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<String>,
    /// What an earlier host of this step left, and what to do with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
    /// A random secret of this step alone, when its step type takes an account and it has one: by it a plugin knows what it
    /// started itself. Masked in all that the step says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The step's scratch folder, when its plugin is a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scratch: Option<String>,
}

/// The configuration may hold secrets.
impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start").field("step", &self.step).field("execution", &self.execution).finish_non_exhaustive()
    }
}

/// An account in a region. Since api 1.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The account's name in the runner's configuration.
    pub account: String,
    /// The twelve digits of the AWS account that it gives, when they are known without asking AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// `eu-west-1`.
    pub region: String,
}

/// What an earlier host left with [`Wanted::Checkpoint`](super::Wanted::Checkpoint) before it ended without a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Checkpoint {
    /// Go on from this token to the step's result.
    Resume(String),
    /// End what the token stands for; there will be no result.
    Abandon(String),
}

/// Which execution a step belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionInfo {
    /// UUIDv7.
    pub id: String,
    /// The project's name.
    pub project: String,
    /// The job's name.
    pub job: String,
    /// The step's id in the job.
    pub step: String,
    /// Where the step stands in the job, `deploy[3].check`: another for each item of a loop, and the same in each attempt. Empty
    /// when the runner does not say it. Since api 1.1.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub step_path: String,
}

impl ExecutionInfo {
    /// What tells the step from all others of the execution, and stays the same when it is attempted again. Since api 1.1.
    pub fn stands_at(&self) -> &str {
        if self.step_path.is_empty() { &self.step } else { &self.step_path }
    }
}
