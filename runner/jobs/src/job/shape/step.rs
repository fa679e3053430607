//! The shape of a step.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use windlass_settings::yaml::Spanned;

use super::super::editors::{self, DURATION, IDENTIFIER, STEP_TYPE};
use super::{RetryFile, StepFiles, Text};
use crate::tree::Tree;

/// One step: what it does (exactly one of `uses`, `job`, `parallel` and `steps`), and when and how often.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Step", extend("oneOf" = [
    {"required": ["uses"]},
    {"required": ["job"]},
    {"required": ["parallel"]},
    {"required": ["steps"]},
]))]
pub(in crate::job) struct StepFile {
    /// Unique in the job; expressions use it as `steps.ID`.
    #[schemars(with = "Option<String>", regex(pattern = IDENTIFIER))]
    pub(in crate::job) id: Option<Text>,
    /// The step type that it runs: `plugin-name/step-name`.
    #[schemars(with = "Option<String>", regex(pattern = STEP_TYPE))]
    pub(in crate::job) uses: Option<Text>,
    /// The configuration of the step type.
    #[schemars(with = "Option<Value>")]
    pub(in crate::job) with: Option<Tree>,
    /// The other job that it runs.
    #[schemars(with = "Option<JobReferenceFile>")]
    pub(in crate::job) job: Option<Spanned<JobReferenceFile>>,
    /// Steps that run at the same time.
    #[schemars(with = "Option<ParallelFile>")]
    pub(in crate::job) parallel: Option<Spanned<ParallelFile>>,
    /// Steps that run one after another.
    #[schemars(with = "Option<Vec<StepFile>>", length(min = 1))]
    pub(in crate::job) steps: Option<StepFiles>,
    /// Values for each of which it is done, as `item`.
    pub(in crate::job) for_each: Option<ForEachFile>,
    /// It is skipped unless this is true: `${{ options.env == 'prod' }}`.
    #[serde(rename = "if")]
    #[schemars(with = "Option<editors::Condition>")]
    pub(in crate::job) condition: Option<Tree>,
    /// Its account, if not the job's; an expression may come to one of the job's `accounts`.
    #[schemars(with = "Option<String>")]
    pub(in crate::job) account: Option<Tree>,
    /// Its region, if not the job's.
    #[schemars(with = "Option<String>")]
    pub(in crate::job) region: Option<Tree>,
    /// How long one attempt may take: `30s`, `15m`, `1h30m`.
    #[schemars(with = "Option<String>", regex(pattern = DURATION))]
    pub(in crate::job) timeout: Option<Text>,
    /// Whether and when it is done again after a failure.
    pub(in crate::job) retry: Option<RetryFile>,
    /// Whether the job goes on after its failure.
    #[serde(default)]
    pub(in crate::job) continue_on_error: bool,
    /// What is done after its last failure, which expressions there see as `error`.
    #[schemars(with = "Option<Vec<StepFile>>", length(min = 1))]
    pub(in crate::job) on_error: Option<StepFiles>,
}

/// Another job of the project, run as an execution of its own.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "JobReference")]
pub(in crate::job) struct JobReferenceFile {
    /// Its name.
    #[schemars(with = "String", length(min = 1, max = 100))]
    pub(in crate::job) name: Text,
    /// The values of its options.
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    pub(in crate::job) options: Option<Tree>,
}

/// Steps that run at the same time; the first failure stops the others.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Parallel")]
pub(in crate::job) struct ParallelFile {
    /// How many at a time; all when not given.
    #[schemars(with = "Option<i64>", range(min = 1, max = 1000))]
    pub(in crate::job) limit: Option<Spanned<i64>>,
    /// The steps.
    #[schemars(with = "Vec<StepFile>", length(min = 1))]
    pub(in crate::job) steps: StepFiles,
}

/// Values for each of which a step is done.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ForEach")]
pub(in crate::job) struct ForEachFile {
    /// A list, or an expression that comes to one; of a map each entry is an item with `key` and `value`.
    #[schemars(with = "editors::Items")]
    pub(in crate::job) items: Tree,
    /// How many at a time; 1 when not given.
    #[schemars(with = "Option<i64>", range(min = 1, max = 1000))]
    pub(in crate::job) limit: Option<Spanned<i64>>,
}
