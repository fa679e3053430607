use std::collections::{BTreeMap, HashMap};

use aws_sdk_cloudwatchlogs::types::LogGroupClass;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Context, Network, Resources, Step, StepError, StepInfo};

use super::create::{Created, IfExists};
use crate::aws::{About, Calls};
use crate::groups::GROUP_ARNS;

/// The log group to create.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateLogGroup {
    /// Its name, which does not begin with `aws/`.
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^[\w./#-]+$"))]
    name: String,

    /// For how many days events are kept; for ever when there is none. Of a log group that exists it is changed only
    /// when it stands here.
    #[schemars(extend("enum" = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, null
    ]))]
    retention_days: Option<i32>,

    /// The ARN of the KMS key that encrypts the events. Its key policy must let CloudWatch Logs use it.
    #[schemars(length(min = 1, max = 256))]
    kms_key_id: Option<String>,

    /// Tags of the log group.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 50))]
    tags: BTreeMap<String, String>,

    /// What can be done with its events, and what they cost. `standard`: all features. `infrequent-access`: fewer,
    /// cheaper. `delivery`: kept for a day, for delivery elsewhere, and not queried. It cannot be changed later.
    #[serde(default)]
    class: Class,

    /// What happens when the log group exists already: `keep` takes it as it is, `fail` fails the step.
    #[serde(default)]
    if_exists: IfExists,
}

/// The classes of [`CreateLogGroup`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
enum Class {
    #[default]
    Standard,
    InfrequentAccess,
    Delivery,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateLogGroupOutputs {
    /// Whether this step has created it; otherwise it existed.
    created: bool,
}

impl Step for CreateLogGroup {
    const INFO: StepInfo = StepInfo {
        name: "create-log-group",
        title: "Create a log group",
        description: "Creates a log group, and sets how long it keeps its events. One that exists already is no failure \
                      unless `ifExists` says so.",
        // "To assign tags when you create a log group, you must have either the logs:TagResource or
        // logs:TagLogGroup permission" (API Reference, `CreateLogGroup`).
        actions: &["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource"],
        resources: &[Resources {
            actions: &["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource"],
            names: "/name",
            // `TagResource` needs the ARN without `:*` (API Reference, `LogGroup`).
            arns: GROUP_ARNS,
            ..Resources::DEFAULT
        }],
        needs_account: true,
        repeatable: true,
        network: Network::aws(&["logs"]),
        example: "\
name: /app/checkout
retentionDays: 30
tags: {team: shop}
",
        ..StepInfo::DEFAULT
    };
    type Outputs = CreateLogGroupOutputs;

    async fn run(self, context: Context) -> Result<CreateLogGroupOutputs, StepError> {
        let calls = Calls::of(&context)?;
        let about = About::Group(&self.name);
        let request = calls.client.create_log_group().log_group_name(&self.name);
        let request = request.set_kms_key_id(self.kms_key_id.clone());
        let request = request.set_tags(self.tags());
        let request = request.set_log_group_class(self.class.given());
        let sent = calls.patiently("logs:CreateLogGroup", async || request.clone().send().await).await?;
        let created = Created::of(sent, self.if_exists, "logs:CreateLogGroup", about, &calls)?;
        if let Some(days) = self.retention_days {
            let request = calls.client.put_retention_policy().log_group_name(&self.name).retention_in_days(days);
            let sent = calls.patiently("logs:PutRetentionPolicy", async || request.clone().send().await).await?;
            sent.map_err(|error| calls.failure(&error, "logs:PutRetentionPolicy", about))?;
            context.info(format!("the {about} keeps its events for {days} days"));
        }
        Ok(CreateLogGroupOutputs { created: created == Created::Now })
    }
}

impl CreateLogGroup {
    /// AWS does not take none of them (`minimum number of 1 item`).
    fn tags(&self) -> Option<HashMap<String, String>> {
        (!self.tags.is_empty()).then(|| self.tags.clone().into_iter().collect())
    }
}

impl Class {
    fn given(self) -> Option<LogGroupClass> {
        match self {
            Self::Standard => None,
            Self::InfrequentAccess => Some(LogGroupClass::InfrequentAccess),
            Self::Delivery => Some(LogGroupClass::Delivery),
        }
    }
}
