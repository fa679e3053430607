mod refusal;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use windlass_plugin_api::http::{Request, header};
use windlass_plugin_api::{Context, Network, Secret, Step, StepError, StepInfo};

use crate::http::{Address, invalid, post};
use refusal::of_answer;

/// Where Slack takes messages of incoming webhooks; the second is that of governments.
const HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];

/// A message to a channel of Slack.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Slack {
    /// The key in key storage that has the address of an incoming webhook, `https://hooks.slack.com/services/...`. It belongs
    /// to one channel.
    webhook: Secret,

    /// The message, in Slack's `mrkdwn`. With `blocks`, what notifications and screen readers show.
    #[schemars(length(min = 1))]
    text: String,

    /// The message as blocks of Slack's Block Kit.
    blocks: Option<Vec<Value>>,
}

/// What Slack answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Posted {
    /// The status of the answer.
    status: u16,
}

impl Step for Slack {
    const INFO: StepInfo = StepInfo {
        name: "slack",
        title: "Post to Slack",
        description: "Posts a message to the channel of an incoming webhook. Slack cannot tell a message that was sent twice: a \
                      step that is attempted again after its answer was lost may show twice.",
        repeatable: true,
        network: Network { hosts: &["hooks.slack.com:443", "hooks.slack-gov.com:443"], ..Network::NONE },
        example: "\
webhook: keys/project/web/slack/deployments
text: 'Version 7 is live: <https://example.com/releases/7|what is new>'
",
        ..StepInfo::DEFAULT
    };
    type Outputs = Posted;

    async fn run(self, context: Context) -> Result<Posted, StepError> {
        let address = self.address()?;
        let request = Request::post(address.uri()).header(header::CONTENT_TYPE, "application/json");
        let request = request.body(self.body()).expect("an address and a content type are valid");
        let answer = post(request, &context).await?;
        if !answer.status().is_success() {
            return Err(of_answer(&answer, &address));
        }
        context.info("Slack has taken the message");
        Ok(Posted { status: answer.status().as_u16() })
    }
}

impl Slack {
    fn address(&self) -> Result<Address, StepError> {
        let address = Address::parse(self.webhook.expose(), "webhook")?;
        if HOSTS.contains(&address.host()) {
            return Ok(address);
        }
        let message = format!("the address in `webhook` is on `{}`, which is not Slack's", address.host());
        Err(invalid(message).with_help("an incoming webhook is on `hooks.slack.com`; `notify/webhook` posts elsewhere"))
    }

    fn body(&self) -> Vec<u8> {
        let mut body = json!({"text": self.text});
        if let Some(blocks) = &self.blocks {
            body["blocks"] = json!(blocks);
        }
        body.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slack(webhook: &str) -> Slack {
        serde_json::from_value(json!({"webhook": webhook, "text": "it is live"})).unwrap()
    }

    #[test]
    fn only_slack_is_slack() {
        assert!(slack("https://hooks.slack.com/services/T0/B0/hush\n").address().is_ok());
        for other in ["https://hooks.slack.com.example.com/services/T0/B0/hush", "http://hooks.slack.com/services/hush"]
        {
            let error = slack(other).address().err().unwrap();
            assert!(!error.message.contains("hush"), "{error}");
        }
    }

    #[test]
    fn blocks_are_sent_when_there_are_some() {
        assert_eq!(slack("x").body(), br#"{"text":"it is live"}"#);
        let with = Slack { blocks: Some(vec![json!({"type": "divider"})]), ..slack("x") };
        assert_eq!(with.body(), br#"{"blocks":[{"type":"divider"}],"text":"it is live"}"#);
    }
}
