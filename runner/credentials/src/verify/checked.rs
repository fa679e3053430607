use serde::{Serialize, Serializer};
use windlass_errors::Code;

/// What one check found. No part of it is a secret.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// The source by its name, or the role by its ARN.
    pub hop: String,
    /// The account whose source or role that is.
    pub account: String,
    /// Which check.
    pub kind: CheckKind,
    /// How it ended.
    pub outcome: Outcome,
    /// The code of a failure.
    #[serde(serialize_with = "as_text")]
    pub code: Option<Code>,
    /// What was found, in one line.
    pub what: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// It works, and somebody should look.
    Warning,
    /// Not as it should be.
    Failed,
    /// Nobody knows; the line says why.
    Skipped,
}

/// A check. The names are for programs, and stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// The account is written so that it can be used.
    Configuration,
    /// The source gives credentials.
    Credentials,
    /// Whose they are.
    Caller,
    /// A role can be assumed from the one before.
    AssumeRole,
    /// A role is refused without its external ID.
    ExternalId,
    /// A role is given without its external ID.
    WorksWithoutExternalId,
    /// A role of another AWS account is assumed without any external ID.
    NoExternalId,
    /// Whom the role trusts.
    TrustPolicy,
    /// The last session works in the region.
    Region,
    /// What steps declare is allowed.
    Actions,
    /// An action that steps declare is not allowed.
    ActionDenied,
    /// No `accountId` says whose AWS account it has to be.
    AccountUnchecked,
    /// The source is an access key without an end.
    LongLivedKey,
    /// Steps get what the runner itself is, with all its rights.
    ManagingIdentity,
    /// Steps may do whatever the role may.
    NotNarrowed,
    /// All of it took too long.
    Time,
}

impl Outcome {
    /// The word for people and programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl CheckKind {
    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Credentials => "credentials",
            Self::Caller => "caller",
            Self::AssumeRole => "assume-role",
            Self::ExternalId => "external-id",
            Self::WorksWithoutExternalId => "works-without-external-id",
            Self::NoExternalId => "no-external-id",
            Self::TrustPolicy => "trust-policy",
            Self::Region => "region",
            Self::Actions => "actions",
            Self::ActionDenied => "action-denied",
            Self::AccountUnchecked => "account-unchecked",
            Self::LongLivedKey => "long-lived-key",
            Self::ManagingIdentity => "managing-identity",
            Self::NotNarrowed => "not-narrowed",
            Self::Time => "time",
        }
    }
}

fn as_text<S: Serializer>(code: &Option<Code>, serializer: S) -> Result<S::Ok, S::Error> {
    code.as_ref().map(Code::as_str).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_the_same_for_people_and_programs() {
        for kind in
            [CheckKind::WorksWithoutExternalId, CheckKind::Caller, CheckKind::AssumeRole, CheckKind::NotNarrowed]
        {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        for outcome in [Outcome::Ok, Outcome::Warning, Outcome::Failed, Outcome::Skipped] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
    }
}
