use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_sdk_sns::Client;
use aws_sdk_sns::operation::publish::builders::PublishFluentBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use windlass_plugin_api::frames::ExecutionInfo;
use windlass_plugin_api::{Context, Network, Resources, Step, StepError, StepInfo};

use crate::attribute::Attribute;
use crate::failure::{Place, of_call};
use crate::topic::Topic;

/// A message, and the topic that gets it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Publish {
    /// The ARN of the topic, which lies in the region of the step.
    #[schemars(regex(pattern = r"^arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$"))]
    topic_arn: String,

    /// The subject of e-mails that the topic sends: up to 100 characters of ASCII that do not begin with a space.
    #[schemars(length(max = 100), regex(pattern = r"^[!-~][ -~]*$"))]
    subject: Option<String>,

    /// The message.
    #[schemars(length(min = 1))]
    message: String,

    /// Attributes that subscriptions may filter by: texts, numbers, or lists.
    #[serde(default)]
    attributes: BTreeMap<String, Attribute>,

    /// Which messages keep their order among each other; a FIFO topic needs it.
    #[schemars(length(min = 1, max = 128), regex(pattern = "^[!-~]+$"))]
    message_group_id: Option<String>,

    /// By which a FIFO topic knows a message that it has already (for five minutes). If it is not said, it is made of the execution,
    /// the step (each item of a `forEach` is one) and the message, so that it is the same when the step is attempted again.
    #[schemars(length(min = 1, max = 128), regex(pattern = "^[!-~]+$"))]
    deduplication_id: Option<String>,
}

/// What AWS answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The identifier of the message.
    message_id: String,
    /// Its number in a FIFO topic.
    sequence_number: Option<String>,
}

impl Step for Publish {
    const INFO: StepInfo = StepInfo {
        name: "publish",
        title: "Publish to a topic",
        description: "Publishes a message to a topic, in the region of the step. A topic that is not FIFO may get a message twice when \
                      an answer was lost.",
        actions: &["sns:Publish"],
        resources: &[Resources {
            actions: &["sns:Publish"],
            names: "/topicArn",
            arns: &["arn:{partition}:sns:{region}:{account}:{name}"],
            ..Resources::DEFAULT
        }],
        needs_account: true,
        repeatable: true,
        network: Network::aws(&["sns"]),
        example: "\
topicArn: arn:aws:sns:us-east-1:111122223333:deployments
subject: Version 7 is live
message: It took 40 seconds.
attributes: {service: checkout, version: 7}
",
        ..StepInfo::DEFAULT
    };
    type Outputs = Published;

    async fn run(self, context: Context) -> Result<Published, StepError> {
        let topic = Topic::of(&self.topic_arn)?;
        topic.lies_in(context.region()?)?;
        let request = self.request(&topic, &context)?;
        let answer = context.or_cancelled(request.send()).await?;
        let answer = answer.map_err(|error| of_call(&error, &topic, &Place::of(&context)))?;
        let message_id = answer.message_id.unwrap_or_default();
        context.info(format!("topic `{}` has message {message_id}", topic.name));
        Ok(Published { message_id, sequence_number: answer.sequence_number })
    }
}

impl Publish {
    fn request(&self, topic: &Topic<'_>, context: &Context) -> Result<PublishFluentBuilder, StepError> {
        let deduplication = self.deduplication(topic, context.execution())?;
        let request = Client::new(&context.aws_config("sns")?).publish().topic_arn(topic.arn).message(&self.message);
        let request = request.set_subject(self.subject.clone()).set_message_group_id(self.message_group_id.clone());
        let mut request = request.set_message_deduplication_id(deduplication);
        for (name, attribute) in &self.attributes {
            request = request.message_attributes(name, attribute.value().expect("an attribute has a type"));
        }
        Ok(request)
    }

    fn deduplication(&self, topic: &Topic<'_>, execution: &ExecutionInfo) -> Result<Option<String>, StepError> {
        let wrong = |message: String, help: &str| Err(StepError::new("step.invalid-config", message).with_help(help));
        match (topic.is_fifo(), &self.message_group_id, &self.deduplication_id) {
            (true, None, _) => wrong(
                format!("topic `{}` is FIFO, and the step has no `messageGroupId`", topic.name),
                "messages of one group keep their order; give one name for all, or one for each thing they are about",
            ),
            (false, _, Some(_)) => wrong(
                format!("topic `{}` is not FIFO, and the step has a `deduplicationId`", topic.name),
                "take it out; only a FIFO topic knows messages that it has already",
            ),
            (false, _, None) => Ok(None),
            (true, _, Some(given)) => Ok(Some(given.clone())),
            (true, Some(group), None) => Ok(Some(self.identity(group, execution))),
        }
    }

    fn identity(&self, group: &str, execution: &ExecutionInfo) -> String {
        let mut hash = Sha256::new();
        let attributes = format!("{:?}", self.attributes);
        let subject = self.subject.as_deref().unwrap_or_default();
        for part in [&execution.id, execution.stands_at(), group, subject, &self.message, &attributes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.finalize().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("text takes all that is written");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn publish(name: &str, more: &Value) -> Result<Option<String>, StepError> {
        publish_at("tell", name, more)
    }

    fn publish_at(path: &str, name: &str, more: &Value) -> Result<Option<String>, StepError> {
        let mut config =
            json!({"topicArn": format!("arn:aws:sns:us-east-1:111122223333:{name}"), "message": "it is live"});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let publish: Publish = serde_json::from_value(config).unwrap();
        let text = |text: &str| text.to_owned();
        let (id, project, job, step) = (text("1"), text("web"), text("job"), text("tell"));
        let execution = ExecutionInfo { id, project, job, step, step_path: text(path) };
        publish.deduplication(&Topic::of(&publish.topic_arn)?, &execution)
    }

    #[test]
    fn a_fifo_topic_needs_a_group_and_no_other_has_deduplication() {
        assert_eq!(publish("a", &json!({})), Ok(None));
        assert_eq!(publish("a", &json!({"messageGroupId": "g"})), Ok(None));
        assert!(publish("a", &json!({"deduplicationId": "d"})).unwrap_err().message.contains("is not FIFO"));
        assert!(publish("a.fifo", &json!({})).unwrap_err().message.contains("no `messageGroupId`"));
        let given = json!({"messageGroupId": "g", "deduplicationId": "d"});
        assert_eq!(publish("a.fifo", &given), Ok(Some("d".to_owned())));
    }

    #[test]
    fn the_id_stays_while_the_message_does() {
        let of =
            |message: &str| publish("a.fifo", &json!({"messageGroupId": "g", "message": message})).unwrap().unwrap();
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
        assert_eq!(of("a").len(), 64);
        let item = |path| publish_at(path, "a.fifo", &json!({"messageGroupId": "g"})).unwrap().unwrap();
        assert_eq!(item("tell[0]"), item("tell[0]"));
        assert_ne!(item("tell[0]"), item("tell[1]"));
    }
}
