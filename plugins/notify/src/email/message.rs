use std::str::FromStr as _;

use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use windlass_plugin_api::StepError;
use windlass_plugin_api::frames::ExecutionInfo;

use super::Email;
use crate::http::invalid;
use crate::identity;

/// A message as it is sent (RFC 5322), and its envelope.
pub(super) struct Mail {
    /// `<...@domain of the sender>`
    pub(super) id: String,
    pub(super) sender: Address,
    /// Each once.
    pub(super) recipients: Vec<Address>,
    pub(super) bytes: Vec<u8>,
}

impl Mail {
    /// # Errors
    /// `step.invalid-config` for addresses that are none, and for what would become another header.
    pub(super) fn of(email: &Email, execution: &ExecutionInfo) -> Result<Self, StepError> {
        if email.subject.chars().any(char::is_control) {
            return Err(invalid("`subject` has a line break or another control character"));
        }
        let from = mailbox(&email.from, "from")?;
        let to = mailboxes(&email.to, "to")?;
        let cc = mailboxes(&email.cc, "cc")?;
        let html = email.html.as_deref().unwrap_or_default();
        let everybody = [&email.to[..], &email.cc].concat().join(",");
        let parts = ["email", &everybody, &email.subject, &email.text, html].map(str::as_bytes);
        let id = format!("<{}@{}>", identity::of(execution, &parts), from.email.domain());

        let mut recipients: Vec<Address> = to.iter().chain(&cc).map(|mailbox| mailbox.email.clone()).collect();
        recipients.sort();
        recipients.dedup();
        let sender = from.email.clone();
        let mut message = Message::builder().message_id(Some(id.clone())).date_now().from(from).subject(&email.subject);
        for mailbox in to {
            message = message.to(mailbox);
        }
        for mailbox in cc {
            message = message.cc(mailbox);
        }
        if let Some(reply_to) = &email.reply_to {
            message = message.reply_to(mailbox(reply_to, "replyTo")?);
        }
        let text = email.text.clone();
        let message = match &email.html {
            Some(html) => message.multipart(MultiPart::alternative_plain_html(text, html.clone())),
            None => message.singlepart(SinglePart::plain(text)),
        };
        let message = message.map_err(|error| invalid(format!("the message cannot be made: {error}")))?;
        Ok(Self { id, sender, recipients, bytes: message.formatted() })
    }

    /// Whether a server must know `SMTPUTF8` (RFC 6531) to take it.
    pub(super) fn is_international(&self) -> bool {
        let addresses = [&self.sender].into_iter().chain(&self.recipients);
        !self.bytes.is_ascii() || !addresses.map(AsRef::<str>::as_ref).all(str::is_ascii)
    }
}

fn mailboxes(texts: &[String], field: &str) -> Result<Vec<Mailbox>, StepError> {
    texts.iter().map(|text| mailbox(text, field)).collect()
}

fn mailbox(text: &str, field: &str) -> Result<Mailbox, StepError> {
    let refuse = |why: &str| {
        invalid(format!("an address in `{field}` {why}"))
            .with_help("write `somebody@example.com`, or `Name <somebody@example.com>`")
    };
    if text.chars().any(char::is_control) {
        return Err(refuse("has a line break or another control character"));
    }
    Mailbox::from_str(text).map_err(|error| refuse(&format!("is none: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn execution() -> ExecutionInfo {
        let text = |text: &str| text.to_owned();
        ExecutionInfo {
            id: text("1"),
            project: text("web"),
            job: text("job"),
            step: text("tell"),
            step_path: text("tell"),
        }
    }

    fn mail(change: impl FnOnce(&mut Value)) -> Result<Mail, StepError> {
        let mut email = json!({
            "server": "localhost:25",
            "from": "Windlass <windlass@example.com>",
            "to": ["a@example.org", "B <b@example.org>"],
            "subject": "Größe: 7 €",
            "text": "it is live\n.\n",
        });
        change(&mut email);
        Mail::of(&serde_json::from_value(email).unwrap(), &execution())
    }

    fn text(mail: &Mail) -> &str {
        std::str::from_utf8(&mail.bytes).unwrap()
    }

    #[test]
    fn a_subject_in_any_language_is_encoded() {
        let mail = mail(|_| ()).unwrap();
        assert!(text(&mail).is_ascii() && !mail.is_international());
        assert!(text(&mail).contains("Subject: =?utf-8?"), "{}", text(&mail));
        assert!(text(&mail).contains(&format!("Message-ID: {}\r\n", mail.id)), "{}", text(&mail));
    }

    #[test]
    fn the_id_stays_while_the_message_does() {
        let first = mail(|_| ()).unwrap().id;
        assert!(first.ends_with("@example.com>"), "{first}");
        assert_eq!(first, mail(|_| ()).unwrap().id);
        assert_ne!(first, mail(|email| email["subject"] = json!("another")).unwrap().id);
        assert_ne!(first, mail(|email| email["html"] = json!("<p>")).unwrap().id);
    }

    #[test]
    fn a_recipient_who_is_named_twice_gets_it_once() {
        let mail = mail(|email| email["cc"] = json!(["A <a@example.org>"])).unwrap();
        let recipients: Vec<&str> = mail.recipients.iter().map(AsRef::as_ref).collect();
        assert_eq!(recipients, ["a@example.org", "b@example.org"]);
    }

    #[test]
    fn what_would_be_another_header_is_refused() {
        for (field, value) in [
            ("subject", json!("hush\r\nBcc: c@example.com")),
            ("from", json!("a@example.com\r\nBcc: c@example.com")),
            ("replyTo", json!("Hush\nBcc: c@example.com <a@example.com>")),
            ("to", json!(["a@example.com>\r\nRCPT TO:<c@example.com"])),
            ("cc", json!(["nobody"])),
        ] {
            let error = mail(|email| email[field] = value).err().unwrap();
            assert_eq!(error.code, "step.invalid-config");
            assert!(error.message.contains(field) && !error.message.contains("hush"), "{error}");
        }
    }

    #[test]
    fn both_forms_of_the_text_are_sent() {
        let mail = mail(|email| email["html"] = json!("<p>it is live</p>")).unwrap();
        assert!(text(&mail).contains("multipart/alternative") && text(&mail).contains("text/html"), "{}", text(&mail));
    }
}
