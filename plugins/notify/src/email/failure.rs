use std::io;

use windlass_plugin_api::StepError;

use super::reply::Reply;

/// Which command a server has refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Greeting,
    Hello,
    Starttls,
    Authentication,
    Sender,
    Message,
}

/// What a refusal means: its first digit says whether it may pass (RFC 5321, section 4.2.1).
pub(super) fn refused(stage: Stage, reply: &Reply, host: &str) -> StepError {
    let (what, help) = match (stage, reply.code) {
        (_, 530 | 538) => {
            ("wants a user, or TLS, before it takes messages", "give `user` and `password`, and check `security`")
        }
        (Stage::Greeting | Stage::Hello, _) => ("takes no messages", "check `server`"),
        (Stage::Starttls, _) => ("does not begin TLS", "use `security: tls` with the port that the server has for it"),
        (Stage::Authentication, _) => ("does not accept the user", "check `user` and the key of `password`"),
        (Stage::Sender, _) => ("refused the sender", "check `from`, and that the user may send in its name"),
        (Stage::Message, 552) => ("refused the message as too large", "send less, or a link to it"),
        (Stage::Message, _) => ("refused the message", "what the server says is its reason; its log has more"),
    };
    let passing = reply.is_passing();
    let code = if passing { "notify.unavailable" } else { "notify.refused" };
    let help = if passing { "`retry` with `on: [notify.unavailable]` tries again" } else { help };
    StepError::new(code, format!("`{host}` {what}: {}", reply.said())).with_help(help)
}

/// The connection did not hold.
pub(super) fn broken(error: &io::Error, host: &str) -> StepError {
    let message = format!("the conversation with `{host}` broke off: {error}");
    StepError::new("notify.unreachable", message)
        .with_help("check `server` and `security`: `tls` for a port that speaks TLS from the first byte, such as 465")
}

/// The connection did not hold after the whole message had been sent.
pub(super) fn unanswered(error: &io::Error, host: &str) -> StepError {
    let message = format!("`{host}` may have taken the message, and did not say so: {error}");
    StepError::new("notify.unanswered", message).with_help("look whether the message arrived before it is sent again")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(stage: Stage, code: u16) -> StepError {
        refused(stage, &Reply { code, lines: vec!["because".to_owned()] }, "mx.example.com")
    }

    #[test]
    fn the_code_of_the_reply_is_named_and_decides() {
        let error = of(Stage::Authentication, 535);
        assert_eq!(error.message, "`mx.example.com` does not accept the user: 535 because");
        assert_eq!(
            (error.code.as_str(), error.help.as_deref()),
            ("notify.refused", Some("check `user` and the key of `password`"))
        );
        assert_eq!(of(Stage::Message, 451).code, "notify.unavailable");
        assert!(of(Stage::Sender, 530).message.contains("wants a user"));
    }
}
