use windlass_plugin_api::StepError;

use super::reply::Reply;

/// What the server said to each recipient.
#[derive(Default)]
pub(super) struct Recipients {
    taken: Vec<String>,
    refused: Vec<(String, Reply)>,
}

impl Recipients {
    pub(super) fn add(&mut self, recipient: String, reply: Reply) {
        if reply.is_positive() { self.taken.push(recipient) } else { self.refused.push((recipient, reply)) }
    }

    /// How many it takes the message for.
    pub(super) fn taken(&self) -> usize {
        self.taken.len()
    }

    /// What happened to whom.
    ///
    /// # Errors
    /// `notify.recipients-refused` when some have the message and others do not; of none, `notify.unavailable` when the server
    /// may take one of them later, and `notify.refused` otherwise.
    pub(super) fn refused(&self, host: &str) -> Result<(), StepError> {
        const LISTED: usize = 10;
        if self.refused.is_empty() {
            return Ok(());
        }
        let of = self.taken.len() + self.refused.len();
        let each = self.refused.iter().take(LISTED).map(|(who, reply)| format!("`{who}`: {}", reply.said()));
        let mut who = each.collect::<Vec<_>>().join("; ");
        if self.refused.len() > LISTED {
            who += &format!("; and {} more", self.refused.len() - LISTED);
        }
        let (code, what) = match self.taken.as_slice() {
            [] if self.refused.iter().any(|(_, reply)| reply.is_passing()) => ("unavailable", String::new()),
            [] => ("refused", String::new()),
            taken => ("recipients-refused", format!("; the message went to {}", listed(taken, LISTED))),
        };
        let message = format!("`{host}` refused {} of {of} recipients: {who}{what}", self.refused.len());
        Err(StepError::new(format!("notify.{code}"), message)
            .with_help("check the addresses, and that the server relays for this user to them"))
    }
}

fn listed(all: &[String], most: usize) -> String {
    let shown = all.iter().take(most).map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
    if all.len() > most { format!("{shown} and {} more", all.len() - most) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipients(codes: &[u16]) -> Recipients {
        let mut recipients = Recipients::default();
        for (number, &code) in codes.iter().enumerate() {
            recipients.add(format!("{number}@example.com"), Reply { code, lines: vec!["because".to_owned()] });
        }
        recipients
    }

    #[test]
    fn it_is_said_what_happened_to_whom() {
        let error = recipients(&[250, 550]).refused("mx.example.com").unwrap_err();
        assert_eq!(error.code, "notify.recipients-refused");
        assert_eq!(
            error.message,
            "`mx.example.com` refused 1 of 2 recipients: `1@example.com`: 550 because; the message went to `0@example.com`"
        );
        assert_eq!(recipients(&[250, 251]).refused("mx"), Ok(()));
    }

    #[test]
    fn when_nobody_got_it_it_may_pass() {
        let code = |codes: &[u16]| recipients(codes).refused("mx").unwrap_err().code;
        assert_eq!(code(&[550, 450]), "notify.unavailable");
        assert_eq!(code(&[550, 553]), "notify.refused");
    }
}
