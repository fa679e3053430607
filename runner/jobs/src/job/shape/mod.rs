//! The shape of a job file, before any rule beyond its types is checked. Its comments are what editors show.

mod notification;
mod schedule;
mod step;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use windlass_settings::yaml::Spanned;

use super::editors::{DURATION, IDENTIFIER, STEP_TYPE};
use super::{OnInterrupted, OptionKind, WhenFull};
use crate::tree::Tree;
pub(super) use notification::NotificationFile;
pub(super) use schedule::ScheduleFile;
pub(super) use step::{ForEachFile, StepFile};

type Text = Spanned<String>;
type StepFiles = Spanned<Vec<Spanned<StepFile>>>;

/// A job: what it is called, what a run can be given, and its steps.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Job")]
pub(in crate::job) struct JobFile {
    /// The version of the file format.
    #[serde(rename = "apiVersion")]
    #[schemars(extend("const" = "windlass/v1"))]
    pub(in crate::job) _api_version: String,
    /// What kind of file it is.
    #[serde(rename = "kind")]
    #[schemars(extend("const" = "Job"))]
    pub(in crate::job) _kind: String,
    /// The job's name; unique in its project.
    #[schemars(with = "String", length(min = 1, max = 100))]
    pub(in crate::job) name: Text,
    /// What stays the same when the job is renamed, so that its history stays with it.
    #[schemars(with = "Option<String>", regex(pattern = "^[A-Za-z0-9._-]{1,100}$"))]
    pub(in crate::job) id: Option<Text>,
    /// Where it is listed: `team/nightly`.
    #[schemars(with = "Option<String>", length(max = 400))]
    pub(in crate::job) group: Option<Text>,
    /// For people.
    #[schemars(with = "Option<String>", length(max = 10_000))]
    pub(in crate::job) description: Option<Text>,
    /// The account of steps that name none; otherwise the project's.
    #[schemars(with = "Option<String>")]
    pub(in crate::job) account: Option<Text>,
    /// The accounts that an expression in a step's `account` may come to.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = 1000))]
    pub(in crate::job) accounts: Vec<Text>,
    /// The region of steps that name none; otherwise the account's.
    #[schemars(with = "Option<String>")]
    pub(in crate::job) region: Option<Text>,
    /// How long the whole job may take: `30s`, `15m`, `1h30m`.
    #[schemars(with = "Option<String>", regex(pattern = DURATION))]
    pub(in crate::job) timeout: Option<Text>,
    /// Whether and when the whole job is run again after a failure.
    pub(in crate::job) retry: Option<RetryFile>,
    /// How many executions of the job run at a time; one when not given, others wait.
    pub(in crate::job) concurrency: Option<ConcurrencyFile>,
    /// What becomes of an execution whose runner has ended.
    #[serde(default)]
    pub(in crate::job) on_interrupted: OnInterrupted,
    /// The labels that a server must have to take it; see `server.labels` of the configuration.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = 20))]
    pub(in crate::job) runs_on: Vec<Text>,
    /// Whether the job may be restarted although a step is not safe to repeat.
    #[serde(default)]
    pub(in crate::job) allow_repeat: bool,
    /// What a run can be given.
    #[serde(default)]
    #[schemars(with = "Vec<OptionFile>", length(max = 200))]
    pub(in crate::job) options: Vec<Spanned<OptionFile>>,
    /// When it is run by itself.
    #[serde(default)]
    #[schemars(with = "Vec<ScheduleFile>", length(max = 50))]
    pub(in crate::job) schedules: Vec<Spanned<ScheduleFile>>,
    /// Who is told what happens to its executions.
    #[serde(default)]
    #[schemars(with = "Vec<NotificationFile>", length(max = 20))]
    pub(in crate::job) notifications: Vec<Spanned<NotificationFile>>,
    /// What it does, in order; the first failure ends it.
    #[schemars(with = "Vec<StepFile>", length(min = 1))]
    pub(in crate::job) steps: StepFiles,
    /// What it gives to a job that refers to it: names and values, usually expressions.
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    pub(in crate::job) outputs: Option<Tree>,
}

/// When something that failed is done again.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Retry")]
pub(in crate::job) struct RetryFile {
    /// How often it is done at most, the first time included.
    #[schemars(with = "i64", range(min = 1, max = 100))]
    pub(in crate::job) attempts: Spanned<i64>,
    /// How long to wait before the second attempt, 10s when not given; twice as long before each further one, at most 1h.
    #[schemars(with = "Option<String>", regex(pattern = DURATION))]
    pub(in crate::job) backoff: Option<Text>,
    /// The codes of failures after which it is done again, `cloudwatch-logs.*` for all of an area; all when empty.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = 100))]
    pub(in crate::job) on: Vec<Text>,
}

/// How many executions of a job run at a time.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Concurrency")]
pub(in crate::job) struct ConcurrencyFile {
    /// So many; 1 when not given.
    #[schemars(with = "Option<i64>", range(min = 1, max = 1000))]
    pub(in crate::job) limit: Option<Spanned<i64>>,
    /// What becomes of one more.
    #[serde(default)]
    pub(in crate::job) when_full: WhenFull,
}

/// A value that a run can be given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Option")]
pub(in crate::job) struct OptionFile {
    /// Unique in the job; expressions use it as `options.NAME`.
    #[schemars(with = "String", regex(pattern = IDENTIFIER))]
    pub(in crate::job) name: Text,
    /// For people.
    #[schemars(with = "Option<String>", length(max = 10_000))]
    pub(in crate::job) description: Option<Text>,
    /// What values it has; `text` when not given.
    #[serde(rename = "type")]
    #[schemars(with = "Option<OptionKind>")]
    pub(in crate::job) kind: Option<Spanned<OptionKind>>,
    /// Whether a run without a value is refused.
    #[serde(default)]
    pub(in crate::job) required: bool,
    /// The value when none is given.
    #[schemars(with = "Option<Value>")]
    pub(in crate::job) default: Option<Tree>,
    /// The only values allowed.
    #[schemars(with = "Option<Vec<Value>>", length(max = 1000))]
    pub(in crate::job) values: Option<Spanned<Vec<Tree>>>,
    /// Where the allowed values come from, when they do not stand here.
    #[schemars(with = "Option<ValuesFromFile>")]
    pub(in crate::job) values_from: Option<Spanned<ValuesFromFile>>,
    /// A regular expression that a text, or each item of a list, has to match.
    #[schemars(with = "Option<String>", length(max = 1000))]
    pub(in crate::job) pattern: Option<Text>,
    /// The key whose text a secret is: `keys/project/NAME/...`.
    #[schemars(with = "Option<String>", regex(pattern = "^keys/"))]
    pub(in crate::job) key: Option<Text>,
}

/// Where the allowed values of an option come from: a step, or an address.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ValuesFrom", extend("oneOf" = [{"required": ["uses", "output"]}, {"required": ["url"]}]))]
pub(in crate::job) struct ValuesFromFile {
    /// The step type that is asked: `plugin-name/step-name`.
    #[schemars(with = "Option<String>", regex(pattern = STEP_TYPE))]
    pub(in crate::job) uses: Option<Text>,
    /// The step's configuration.
    #[schemars(with = "Option<Value>")]
    pub(in crate::job) with: Option<Tree>,
    /// Which of its outputs is the list.
    #[schemars(with = "Option<String>")]
    pub(in crate::job) output: Option<Text>,
    /// An address that answers a GET with JSON: a list of texts, a list of objects with a `value`, or a map of texts. `https`,
    /// or `http` on this machine.
    #[schemars(with = "Option<String>", regex(pattern = "^https?://"))]
    pub(in crate::job) url: Option<Text>,
}
