//! Whether an external ID is really asked for (AWS IAM user guide, "Access to AWS accounts owned by third parties").

use windlass_settings::Role;

use super::way::{Stand, Way, hop_of, in_full};
use super::{CheckKind, Outcome};
use crate::failure::Failure;
use crate::sessions::Assume;
use crate::sts::Sts;

const MUST_ASK: &str = "add the condition `\"StringEquals\": {\"sts:ExternalId\": \"...\"}` to every statement of its trust \
                        policy that lets Windlass in; `windlass account trust` prints it";
const GIVE_ONE: &str = "give the account an `externalId`, and let the role's trust policy ask for it: whoever can make \
                        Windlass use this role for somebody else gets at it otherwise";

impl Way<'_> {
    pub(super) async fn external_id(&self, role: &Role, ask: Assume, from: &Stand<'_>) {
        let hop = hop_of(role);
        if ask.external_id.is_none() {
            if role.arn.account().as_str() != from.account_id {
                let what = format!("it is assumed from AWS account {} without an external ID", from.account_id);
                self.note(&hop, CheckKind::NoExternalId, Outcome::Warning, what, Some(GIVE_ONE.to_owned()));
            }
            return;
        }
        if !self.checks.without_external_id {
            let what = "switched off: it was not asked for without its external ID".to_owned();
            self.skips(&hop, CheckKind::ExternalId, what, None);
            return;
        }
        (self.checks.announce)(&format!(
            "asking STS for {} without its external ID; that must be refused and shows in CloudTrail",
            role.arn
        ));
        let without = Assume { external_id: None, ..ask };
        let assumed = Sts::new(&self.shared.http, &self.place, &from.keys).assume(&without).await;
        match assumed {
            Err(Failure::RoleDenied { .. }) => {
                let what = "refused without its external ID, as it must be".to_owned();
                self.note(&hop, CheckKind::ExternalId, Outcome::Ok, what, None);
            }
            // These are answers that give a session.
            Ok(_) | Err(Failure::Mismatch { .. } | Failure::Garbled { .. }) => {
                let what = "STS gives it without its external ID too".to_owned();
                let (kind, code) = (CheckKind::WorksWithoutExternalId, "account.trust-unsafe");
                self.fails(&hop, kind, code, what, Some(MUST_ASK.to_owned()));
            }
            Err(why) => {
                let what = format!("nobody knows whether it is refused without its external ID: {}", in_full(&why));
                self.skips(&hop, CheckKind::ExternalId, what, Some("verify it again".to_owned()));
            }
        }
    }
}
