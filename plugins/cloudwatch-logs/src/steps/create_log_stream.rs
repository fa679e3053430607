use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Context, Network, Resources, Step, StepError, StepInfo};

use super::create::{Created, IfExists};
use crate::aws::{About, Calls};
use crate::groups::GROUP_ARNS;

/// The log stream to create.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateLogStream {
    /// The name of the log group, which must exist.
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^[\w./#-]+$"))]
    log_group: String,

    /// The name of the log stream.
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^[^:*]+$"))]
    log_stream: String,

    /// What happens when the log stream exists already: `keep` takes it as it is, `fail` fails the step.
    #[serde(default)]
    if_exists: IfExists,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateLogStreamOutputs {
    /// Whether this step has created it; otherwise it existed.
    created: bool,
}

impl Step for CreateLogStream {
    const INFO: StepInfo = StepInfo {
        name: "create-log-stream",
        title: "Create a log stream",
        description: "Creates a log stream in a log group. One that exists already is no failure unless `ifExists` says \
                      so.",
        actions: &["logs:CreateLogStream"],
        resources: &[Resources {
            actions: &["logs:CreateLogStream"],
            names: "/logGroup",
            arns: GROUP_ARNS,
            ..Resources::DEFAULT
        }],
        needs_account: true,
        repeatable: true,
        network: Network::aws(&["logs"]),
        example: "\
logGroup: /app/checkout
logStream: deployments
",
        ..StepInfo::DEFAULT
    };
    type Outputs = CreateLogStreamOutputs;

    async fn run(self, context: Context) -> Result<CreateLogStreamOutputs, StepError> {
        let created = create(&self.log_group, &self.log_stream, self.if_exists, &Calls::of(&context)?).await?;
        Ok(CreateLogStreamOutputs { created: created == Created::Now })
    }
}

/// Creates a log stream. What AWS does not know is the log group then.
pub(crate) async fn create(
    group: &str,
    stream: &str,
    if_exists: IfExists,
    calls: &Calls<'_>,
) -> Result<Created, StepError> {
    const ACTION: &str = "logs:CreateLogStream";
    let request = calls.client.create_log_stream().log_group_name(group).log_stream_name(stream);
    let sent = calls.patiently(ACTION, async || request.clone().send().await).await?;
    let about = match &sent {
        Err(error) if error.code() == Some("ResourceNotFoundException") => About::Group(group),
        _ => About::Stream(group, stream),
    };
    Created::of(sent, if_exists, ACTION, about, calls)
}
