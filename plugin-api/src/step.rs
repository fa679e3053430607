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

    /// Goes on where an earlier process of this step ended without a result after [`Context::checkpoint`] with this
    /// token. Only called when [`StepInfo::resumable`] says so; without it a step begins again.
    fn resume(self, context: Context, token: String) -> impl Future<Output = Result<Self::Outputs, StepError>> {
        let _begins_again = token;
        self.run(context)
    }

    /// Ends what the token stands for, after a process of this step was killed. Only called when
    /// [`StepInfo::resumable`] says so.
    fn abandon(self, context: Context, token: String) -> impl Future<Output = Result<(), StepError>> {
        let _nothing_to_end = (context, token);
        std::future::ready(Ok(()))
    }
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
    /// With which resources it needs some of them; with all, when not said.
    pub resources: &'static [Resources],
    /// Whether it asks for credentials: then a run without an account is refused before it starts.
    pub needs_account: bool,
    /// Whether it can do with an account or without: it has one when its step or the job names one, never a default. Means
    /// nothing beside `needs_account`.
    pub takes_account: bool,
    /// Whether it calls [`Context::verify`], by which the runner tries the step's account.
    pub verifies_account: bool,
    /// Whether running it twice does no harm, so that it may be repeated after a crash.
    pub repeatable: bool,
    /// Whether it leaves checkpoints and has [`Step::resume`] and [`Step::abandon`].
    pub resumable: bool,
    /// Where it connects to; nowhere, when not said.
    pub network: Network,
    /// An example of `with:`, YAML.
    pub example: &'static str,
}

/// The resources that a step's configuration names, for the policies that are made from [`StepInfo::actions`].
#[derive(Clone, Copy, Debug)]
pub struct Resources {
    /// The actions that need no other resources than these.
    pub actions: &'static [&'static str],
    /// A JSON pointer into `with:`, to a text or a list of texts: names of resources, or their ARNs.
    pub names: &'static str,
    /// Their ARNs, with `{partition}`, `{region}`, `{account}` and, in the last part, `{name}`:
    /// `arn:{partition}:logs:{region}:{account}:log-group:{name}`.
    pub arns: &'static [&'static str],
    /// Whether a `*` in a name stands for any text, as it does in policies; otherwise it stands for itself.
    pub patterns: bool,
    /// Actions that are only needed where one of the names is a pattern, to find what it stands for. They are needed with all
    /// resources then.
    pub lookups: &'static [&'static str],
}

impl Resources {
    /// None, named nowhere: to be overridden field by field.
    pub const DEFAULT: Self = Self { actions: &[], names: "", arns: &[], patterns: false, lookups: &[] };
}

/// Where a step connects to. What is not declared is refused.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// AWS services in the step's regions, by endpoint prefix (`logs`, `sts`).
    pub aws: &'static [&'static str],
    /// Others, as `host:port`; a host may begin with `*.`. Hosts that a job names are fields of type
    /// [`Endpoint`](crate::Endpoint) or [`Server`](crate::Server) instead.
    pub hosts: &'static [&'static str],
    /// It needs sockets of its own, which an administrator has to allow; `aws` and `hosts` mean nothing then.
    pub direct: bool,
}

impl Network {
    /// Connects nowhere.
    pub const NONE: Self = Self { aws: &[], hosts: &[], direct: false };

    /// Connects to AWS services only.
    pub const fn aws(services: &'static [&'static str]) -> Self {
        Self { aws: services, ..Self::NONE }
    }
}

impl StepInfo {
    /// No account, no actions, no network, not repeatable: the safe side, to be overridden field by field.
    pub const DEFAULT: Self = Self {
        name: "",
        title: "",
        description: "",
        actions: &[],
        resources: &[],
        needs_account: false,
        takes_account: false,
        verifies_account: false,
        repeatable: false,
        resumable: false,
        network: Network::NONE,
        example: "",
    };
}
