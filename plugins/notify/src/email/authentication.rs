use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncRead, AsyncWrite};
use windlass_plugin_api::StepError;

use super::dialogue::Dialogue;
use super::reply::Reply;
use super::{Email, Security};
use crate::http::{invalid, is_loopback};

/// A user of a server.
#[derive(Clone, Copy)]
pub(super) struct Account<'a> {
    user: &'a str,
    password: &'a str,
}

/// By which it says who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    /// RFC 4616
    Plain,
    /// Never a standard, and all that some servers know.
    Login,
}

impl<'a> Account<'a> {
    /// The one that a step has, if it has one.
    ///
    /// # Errors
    /// `step.invalid-config` for half of one, and where its password would go over a network in clear.
    pub(super) fn of(email: &'a Email) -> Result<Option<Self>, StepError> {
        let (user, password) = match (email.user.as_deref(), &email.password) {
            (None, None) => return Ok(None),
            (Some(user), Some(password)) => (user, password.expose().trim_end_matches(['\r', '\n'])),
            _ => return Err(invalid("`user` and `password` belong together, and one is missing")),
        };
        if email.security == Security::None && !is_loopback(email.server.host()) {
            let message = format!("`security: none` would send the password to `{}` in clear", email.server.host());
            return Err(
                invalid(message).with_help("use `starttls` or `tls`; `none` has a password on this machine only")
            );
        }
        if user.contains('\0') || password.contains('\0') {
            return Err(invalid("`user` or `password` has a zero byte, which SMTP cannot say"));
        }
        Ok(Some(Self { user, password }))
    }

    /// Says who it is (RFC 4954).
    pub(super) async fn authenticate<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        mechanism: Mechanism,
        dialogue: &mut Dialogue<S>,
    ) -> io::Result<Reply> {
        let Self { user, password } = self;
        if mechanism == Mechanism::Plain {
            return dialogue
                .say(&format!("AUTH PLAIN {}", BASE64_STANDARD.encode(format!("\0{user}\0{password}"))))
                .await;
        }
        let mut reply = dialogue.say("AUTH LOGIN").await?;
        for answer in [user, password] {
            if reply.code != 334 {
                break;
            }
            reply = dialogue.say(&BASE64_STANDARD.encode(answer)).await?;
        }
        Ok(reply)
    }
}

impl Mechanism {
    /// The better one of those that a server offers in its answer to `EHLO`.
    pub(super) fn of(hello: &Reply) -> Option<Self> {
        let offered = hello.lines.iter().skip(1).map(|line| line.to_ascii_uppercase());
        let offered: Vec<String> =
            offered.filter(|line| line.starts_with("AUTH ") || line.starts_with("AUTH=")).collect();
        let offers = |name: &str| offered.iter().any(|line| line.split([' ', '=']).skip(1).any(|word| word == name));
        if offers("PLAIN") { Some(Self::Plain) } else { offers("LOGIN").then_some(Self::Login) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_better_one_is_taken() {
        let of =
            |line: &str| Mechanism::of(&Reply { code: 250, lines: vec!["AUTH PLAIN".to_owned(), line.to_owned()] });
        assert_eq!(of("AUTH LOGIN PLAIN"), Some(Mechanism::Plain));
        assert_eq!(of("auth=login"), Some(Mechanism::Login));
        assert_eq!(of("AUTH CRAM-MD5"), None);
        assert_eq!(of("SIZE 100"), None);
    }

    #[test]
    fn a_password_is_not_sent_in_clear() {
        let email = |server: &str, security: &str, user: Option<&str>| -> Email {
            serde_json::from_value(json!({
                "server": server, "security": security, "user": user, "password": "hush",
                "from": "a@example.com", "to": ["b@example.com"], "subject": "s", "text": "t",
            }))
            .unwrap()
        };
        let of = |server, security, user| Account::of(&email(server, security, user)).map(|account| account.is_some());
        assert_eq!(of("smtp.example.com:587", "starttls", Some("me")), Ok(true));
        assert_eq!(of("127.0.0.1:25", "none", Some("me")), Ok(true));
        assert!(of("smtp.example.com:25", "none", Some("me")).unwrap_err().message.contains("in clear"));
        assert!(of("smtp.example.com:587", "tls", None).is_err());
    }
}
