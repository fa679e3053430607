use std::fmt;

use serde::{Serialize, Serializer};
use windlass_errors::{Code, Report};

/// Something in a trust policy that lets in others than it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    #[serde(flatten)]
    statement: Statement,
    /// What it is.
    pub kind: Kind,
    what: String,
    why: &'static str,
    remedy: &'static str,
}

/// Which statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Statement {
    /// Counted from 1.
    #[serde(rename = "statement")]
    pub(super) number: usize,
    pub(super) sid: Option<String>,
}

/// What is wrong with a statement; JSON has the name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The principal is `*`.
    Everybody(String),
    /// An ARN with a wildcard in its account id.
    WildcardAccount(String),
    /// A wildcard elsewhere in a principal.
    WildcardPrincipal(String),
    /// All but those who are named.
    NotPrincipal,
    /// All but what is named.
    NotAction,
    /// The unique id of an identity that is gone.
    DeletedPrincipal(String),
    /// A principal that is none.
    UnknownPrincipal(String),
    /// The account has an external ID, and nothing asks for it.
    NoExternalId,
    /// A condition on the external ID that does not bind it.
    VainExternalId {
        /// Its operator.
        operator: String,
        /// Why not.
        why: &'static str,
    },
    /// Other external IDs than the account's.
    OtherExternalId {
        /// Whether the account's is accepted beside them.
        accepted: bool,
    },
}

impl Kind {
    /// Its name, which stays as it is.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Everybody(_) => "everybody",
            Self::WildcardAccount(_) => "wildcard-account",
            Self::WildcardPrincipal(_) => "wildcard-principal",
            Self::NotPrincipal => "not-principal",
            Self::NotAction => "not-action",
            Self::DeletedPrincipal(_) => "deleted-principal",
            Self::UnknownPrincipal(_) => "unknown-principal",
            Self::NoExternalId => "no-external-id",
            Self::VainExternalId { .. } => "vain-external-id",
            Self::OtherExternalId { .. } => "other-external-id",
        }
    }

    fn what(&self) -> String {
        match self {
            Self::Everybody(text) => format!("the principal `{text}` is everybody"),
            Self::WildcardAccount(text) => format!("the account id in `{text}` is a pattern"),
            Self::WildcardPrincipal(text) => format!("the principal `{text}` is a pattern"),
            Self::NotPrincipal => "it has `NotPrincipal`".to_owned(),
            Self::NotAction => "it has `NotAction`".to_owned(),
            Self::DeletedPrincipal(text) => format!("the principal `{text}` was deleted"),
            Self::UnknownPrincipal(text) => format!("`{text}` is no principal"),
            Self::NoExternalId => "nothing asks for the account's external ID".to_owned(),
            Self::VainExternalId { operator, .. } => format!("`{operator}` does not bind `sts:ExternalId`"),
            Self::OtherExternalId { accepted: true } => "it accepts other external IDs than the account's".to_owned(),
            Self::OtherExternalId { accepted: false } => "it accepts external IDs, but not the account's".to_owned(),
        }
    }

    fn why(&self) -> &'static str {
        match self {
            Self::Everybody(_) => "every identity of every AWS account can assume the role",
            Self::WildcardAccount(_) => "identities of AWS accounts that are not yours can assume the role",
            Self::WildcardPrincipal(_) => "whoever gets a name that fits can assume the role",
            Self::NotPrincipal => "it speaks of everybody who is not named, of all AWS accounts",
            Self::NotAction => "it allows whatever is not named, and what AWS adds later",
            Self::DeletedPrincipal(_) => "who gets that name next is not let in, and nobody sees who was meant",
            Self::UnknownPrincipal(_) => "nobody can tell whom it lets in",
            Self::NoExternalId => "who can make Windlass use this role for another of its users gets at the account",
            Self::VainExternalId { why, .. } => why,
            Self::OtherExternalId { accepted: true } => "whoever has one of the others gets in with it",
            Self::OtherExternalId { accepted: false } => "Windlass is refused, and somebody else may be let in",
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Everybody(_) | Self::WildcardAccount(_) | Self::WildcardPrincipal(_) | Self::UnknownPrincipal(_) => {
                "name the role or user that Windlass authenticates as by its ARN, each one if there are several; \
                 `windlass account trust` prints such a policy"
            }
            Self::NotPrincipal => "write `Principal` with those who may",
            Self::NotAction => "write `\"Action\": \"sts:AssumeRole\"`",
            Self::DeletedPrincipal(_) => "name the identity that took its place by its ARN, or remove it",
            Self::NoExternalId | Self::VainExternalId { .. } | Self::OtherExternalId { .. } => {
                "add `\"Condition\": {\"StringEquals\": {\"sts:ExternalId\": \"...\"}}` with the account's `externalId` \
                 alone; `windlass account trust` prints it"
            }
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Finding {
    pub(super) fn new(statement: Statement, kind: Kind) -> Self {
        Self { statement, what: kind.what(), why: kind.why(), remedy: kind.remedy(), kind }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {}", self.statement.number)?;
        if let Some(sid) = &self.statement.sid {
            write!(f, " (`{sid}`)")?;
        }
        write!(f, ": {}: {}", self.what, self.why)
    }
}

impl std::error::Error for Finding {}

impl Report for Finding {
    fn code(&self) -> Code {
        Code::new("account.trust-unsafe")
    }

    fn help(&self) -> Option<String> {
        Some(self.remedy.to_owned())
    }
}
