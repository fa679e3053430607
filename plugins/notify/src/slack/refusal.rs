use windlass_plugin_api::StepError;
use windlass_plugin_api::http::Response;

use crate::http::{self, Address, is_passing};

/// What Slack's answer means: a word in its body
/// ([Sending messages using incoming webhooks](https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/),
/// "Handling errors"). Its status is what says whether the message may be taken later.
pub(super) fn of_answer(answer: &Response<Vec<u8>>, address: &Address) -> StepError {
    let word = std::str::from_utf8(answer.body()).unwrap_or_default().trim();
    match meaning(word) {
        Some((what, help)) if !is_passing(answer.status()) => {
            StepError::new("notify.refused", format!("Slack refused the message: {what} (`{word}`)")).with_help(help)
        }
        _ => http::of_answer(answer, address.host(), Some(address)),
    }
}

/// What has happened, and what to do about it.
fn meaning(word: &str) -> Option<(&'static str, &'static str)> {
    Some(match word {
        "invalid_payload" | "no_text" => {
            ("it cannot be read", "check `text` and `blocks` in Slack's Block Kit Builder")
        }
        "invalid_blocks" | "invalid_blocks_format" => {
            ("its blocks are not valid", "check `blocks` in Slack's Block Kit Builder")
        }
        "too_many_attachments" => ("it has more than 100 attachments", "send several messages"),
        "channel_is_archived" => {
            ("the webhook's channel is archived", "unarchive the channel, or make a webhook for another one")
        }
        "channel_not_found" | "user_not_found" => {
            ("the webhook's channel or user does not exist any more", "make a webhook for another channel")
        }
        "no_service" | "no_service_id" | "invalid_token" => (
            "it does not know the webhook",
            "the webhook is disabled or removed: make a new one and store its address in the key of `webhook`",
        ),
        "no_team" | "team_disabled" | "no_active_hooks" => {
            ("the webhook's workspace is gone or disabled", "make a webhook in another workspace")
        }
        "action_prohibited" => (
            "an administrator restricts the webhook's channel",
            "ask an administrator of the workspace, or use another channel",
        ),
        "posting_to_general_channel_denied" => ("only some may post to #general", "make a webhook for another channel"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> StepError {
        let address = Address::parse("https://hooks.slack.com/services/T0/B0/abcdefghij", "webhook").unwrap();
        of_answer(&Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap(), &address)
    }

    #[test]
    fn slack_s_words_have_a_remedy() {
        let error = answer(410, "channel_is_archived");
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("notify.refused", "Slack refused the message: the webhook's channel is archived (`channel_is_archived`)")
        );
        assert!(error.help.unwrap().starts_with("unarchive the channel"));
    }

    #[test]
    fn what_is_not_documented_is_shown_without_the_address() {
        let error = answer(404, "nothing at /services/T0/B0/abcdefghij");
        assert_eq!(error.message, "`hooks.slack.com` answered with status 404: nothing at [masked]");
        assert_eq!(answer(500, "rollup_error").code, "notify.unavailable");
        assert_eq!(answer(503, "no_service").code, "notify.unavailable");
    }
}
