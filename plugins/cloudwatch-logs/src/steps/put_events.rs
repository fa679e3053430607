mod batches;
mod entry;
mod taken;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Context, Network, Resources, Step, StepError, StepInfo};

use super::create::{Created, IfExists};
use super::create_log_stream::create;
use crate::aws::{About, Calls};
use crate::groups::GROUP_ARNS;
use batches::{batches, too_long};
use entry::Entry;
use taken::Taken;

/// The events to put, and where.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutEvents {
    /// The name of the log group.
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^[\w./#-]+$"))]
    log_group: String,

    /// The name of the log stream.
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^[^:*]+$"))]
    log_stream: String,

    /// The events: a text happens now, `{message, timestamp}` when it says. They are sent in the order of time.
    #[schemars(length(min = 1))]
    events: Vec<Entry>,

    /// Whether to create the log stream when it does not exist.
    #[serde(default)]
    create_stream: bool,
}

/// What became of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PutEventsOutputs {
    /// How many events were put.
    event_count: u64,
    /// Whether this step has created the log stream.
    stream_created: bool,
}

impl Step for PutEvents {
    const INFO: StepInfo = StepInfo {
        name: "put-events",
        title: "Put log events",
        description: "Puts events into a log stream, in as many batches as AWS's limits need. Events that AWS rejects, \
                      because they are too old or too new, fail the step with their numbers; the others are kept.",
        actions: &["logs:PutLogEvents", "logs:CreateLogStream"],
        resources: &[
            Resources {
                actions: &["logs:PutLogEvents"],
                names: "/logGroup",
                arns: &["arn:{partition}:logs:{region}:{account}:log-group:{name}:log-stream:*"],
                ..Resources::DEFAULT
            },
            Resources {
                actions: &["logs:CreateLogStream"],
                names: "/logGroup",
                arns: GROUP_ARNS,
                ..Resources::DEFAULT
            },
        ],
        needs_account: true,
        repeatable: false,
        network: Network::aws(&["logs"]),
        example: "\
logGroup: /app/checkout
logStream: deployments
createStream: true
events:
  - version 7 is live
  - {message: version 6 was live, timestamp: '2026-07-01T12:00:00Z'}
",
        ..StepInfo::DEFAULT
    };
    type Outputs = PutEventsOutputs;

    async fn run(self, context: Context) -> Result<PutEventsOutputs, StepError> {
        if let Some((number, bytes)) = too_long(&self.events) {
            let message = format!("event {number} has {bytes} bytes, more than AWS takes in one; none was sent");
            return Err(StepError::new("cloudwatch-logs.event-too-long", message));
        }
        // AWS would keep the events twice of a batch that is sent again.
        let calls = Calls::once(&context)?;
        let stream_created = self.create_stream
            && create(&self.log_group, &self.log_stream, IfExists::Keep, &calls).await? == Created::Now;
        let about = About::Stream(&self.log_group, &self.log_stream);
        let taken = self.put(about, &calls).await?;
        if let Some(rejected) = taken.rejected() {
            let all = self.events.len();
            let message = format!("AWS rejected events for the {about}: {rejected}; {} of {all} were put", taken.kept);
            let help = "AWS takes events of the last 14 days and of the log group's retention, up to 2 hours ahead";
            return Err(StepError::new("cloudwatch-logs.events-rejected", message).with_help(help));
        }
        context.info(format!("put {} events into the {about}", taken.kept));
        Ok(PutEventsOutputs { event_count: taken.kept, stream_created })
    }
}

impl PutEvents {
    async fn put(&self, about: About<'_>, calls: &Calls<'_>) -> Result<Taken, StepError> {
        const ACTION: &str = "logs:PutLogEvents";
        let all = self.events.len();
        let (mut taken, mut answered) = (Taken::default(), 0);
        for batch in batches(&self.events, Timestamp::now()) {
            let length = batch.len();
            let request = calls.client.put_log_events().log_group_name(&self.log_group);
            let request = request.log_stream_name(&self.log_stream).set_log_events(Some(batch));
            let sent = calls.patiently(ACTION, async || request.clone().send().await).await?;
            let answer = sent.map_err(|error| {
                let (kept, later) = (taken.kept, all - answered - length);
                let this = if error.raw_response().is_some() { "were not" } else { "may have been" };
                let mut failure = calls.failure(&error, ACTION, about);
                failure.message +=
                    &format!("; of {all} events {kept} were put, {length} {this}, {later} were not sent");
                failure
            })?;
            taken.add(length, answer.rejected_log_events_info());
            answered += length;
            calls.context.progress(format!("put {answered} of {all} events"), None);
        }
        Ok(taken)
    }
}
