use std::future::Future;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Context, StepError};

/// A step type. The implementing type is the configuration (`with:` in a job), whose doc comments become the help
/// text of its fields.
pub trait Step: DeserializeOwned + JsonSchema + 'static {
    /// Name, description and rules.
    const INFO: StepInfo;
    /// What later steps and people get: small, typed values. Rows belong into a [table](Context::table).
    type Outputs: Serialize + JsonSchema + 'static;

    /// Does the work. It runs on a single-threaded tokio runtime of the plugin's own.
    ///
    /// After [`Context::cancelled`] it should stop what it started outside and return
    /// [`StepError::cancelled`]; when the grace period is over, the process is ended.
    fn run(self, context: Context) -> impl Future<Output = Result<Self::Outputs, StepError>>;
}

/// What the runner must know of a step type beside its schemas.
#[derive(Clone, Copy, Debug)]
pub struct StepInfo {
    /// Kebab-case; a job writes `plugin-name/step-name`.
    pub name: &'static str,
    /// A few words for a list.
    pub title: &'static str,
    /// One or more sentences; Markdown.
    pub description: &'static str,
    /// The IAM actions it needs (`logs:StartQuery`); policies are made from them.
    pub actions: &'static [&'static str],
    /// Whether it asks for credentials: then a run without an account is refused before it starts.
    pub needs_account: bool,
    /// Whether running it twice does no harm, so that it may be repeated after a crash.
    pub repeatable: bool,
    /// An example of `with:`, YAML.
    pub example: &'static str,
}

impl StepInfo {
    /// No account, no actions, not repeatable: the safe side, to be overridden field by field.
    pub const DEFAULT: Self = Self {
        name: "",
        title: "",
        description: "",
        actions: &[],
        needs_account: false,
        repeatable: false,
        example: "",
    };
}
