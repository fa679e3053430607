use std::fmt;

use serde::Serialize;
use windlass_errors::{Code, Report};
use windlass_settings::{AccountName, Place, Scope};

use super::{CheckKind, Checked, Outcome};
use crate::explanation::ShownAccount;

/// What was found of an account, in the order in which it was looked at. As an error it says that some of it failed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// The account.
    pub account: ShownAccount,
    /// The region in which it was asked, once that was known.
    pub region: Option<String>,
    /// The twelve digits of the AWS account that steps get, as STS says.
    pub account_id: Option<String>,
    /// Who steps are at AWS, as STS says.
    pub arn: Option<String>,
    /// Whether roles were asked for without their external IDs.
    pub external_id_check: bool,
    /// What each check found.
    pub findings: Vec<Checked>,
}

impl Verification {
    /// Of an account for which nothing can be asked, because of how it is written.
    pub fn refused(name: &AccountName, scope: &Scope, place: &Place, why: &dyn Report) -> Self {
        let refused = Checked {
            hop: place.to_string(),
            account: name.to_string(),
            kind: CheckKind::Configuration,
            outcome: Outcome::Failed,
            code: Some(why.code()),
            what: why.to_string().lines().next().unwrap_or_default().to_owned(),
            remedy: why.help(),
        };
        let account = ShownAccount { name: name.to_string(), scope: scope.to_string(), defined_at: place.to_string() };
        let findings = vec![refused];
        Self { account, region: None, account_id: None, arn: None, external_id_check: false, findings }
    }

    /// Whether nothing failed. Warnings and what was skipped are for people to weigh.
    pub fn holds(&self) -> bool {
        self.failed().next().is_none()
    }

    fn failed(&self) -> impl Iterator<Item = &Checked> {
        self.findings.iter().filter(|finding| finding.outcome == Outcome::Failed)
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ShownAccount { name, scope, .. }, mut failed) = (&self.account, self.failed());
        write!(f, "account `{name}` of {scope}")?;
        let Some(first) = failed.next() else { return f.write_str(" is as it should be") };
        write!(f, " failed: `{}` of `{}`", first.kind.name(), first.hop)?;
        first.code.iter().try_for_each(|code| write!(f, " ({code})"))?;
        write!(f, ": {}", first.what)?;
        match failed.count() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for Verification {}

impl Report for Verification {
    fn code(&self) -> Code {
        Code::new("account.verify-failed")
    }

    fn help(&self) -> Option<String> {
        self.failed().next().and_then(|first| first.remedy.clone())
    }

    fn snippet(&self) -> Option<String> {
        Some(self.account.defined_at.clone())
    }
}
