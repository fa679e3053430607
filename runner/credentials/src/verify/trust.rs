//! Whom a role trusts, where somebody on the way may look.

use windlass_errors::Report as _;
use windlass_settings::{Account, Role};

use super::iam::Seen;
use super::way::{Stand, Way, hop_of};
use super::{CheckKind, Outcome};
use crate::TrustPolicy;

impl Way<'_> {
    /// Only who is of the role's AWS account can look at it, for IAM takes the role's name alone.
    pub(super) async fn trust(&self, link: &Account, role: &Role, stands: [&Stand<'_>; 2]) {
        let (hop, kind) = (hop_of(role), CheckKind::TrustPolicy);
        let of_account = stands.into_iter().filter(|stand| stand.account_id == role.arn.account().as_str());
        let iam = self.iam(role.arn.partition());
        let document = match iam.trust_policy(&role.arn, of_account.map(|stand| &stand.keys)).await {
            Seen::Said(document) => document,
            Seen::NotAllowed => {
                let remedy = format!("allow `iam:GetRole` on `{}` to the role itself, to have this checked", role.arn);
                let what = "it may not be looked at: nobody on the way may `iam:GetRole`".to_owned();
                return self.skips(&hop, kind, what, Some(remedy));
            }
            Seen::Unseen(why) => return self.skips(&hop, kind, format!("it could not be looked at: {why}"), None),
        };
        let policy = match TrustPolicy::read("the trust policy", document.as_bytes()) {
            Ok(policy) => policy,
            Err(error) => {
                let remedy = Some("write it in a plainer way; what is not understood is no pass".to_owned());
                return self.fails(&hop, kind, "account.document-unreadable", error.to_string(), remedy);
            }
        };
        let findings = policy.findings(Some(link));
        if findings.is_empty() {
            let what = "its trust policy lets in nobody but those whom it names".to_owned();
            self.note(&hop, kind, Outcome::Ok, what, None);
        }
        for finding in findings {
            let what = format!("{}: {finding}", finding.kind.name());
            self.fails(&hop, kind, "account.trust-unsafe", what, finding.help());
        }
    }
}
