use windlass_errors::{Code, Report};
use windlass_settings::{Account, AccountName, Source};

/// Why there is no document, or none that could be checked.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The system has no account of that name.
    #[error("no account `{account}` in the system")]
    UnknownAccount {
        /// The name.
        account: AccountName,
        /// The nearest name, or what there is.
        hint: String,
    },
    /// The account's steps work as its source itself.
    #[error("account `{}` of {} assumes no role", .account.name, .account.scope)]
    NoRole {
        /// The account.
        account: Box<Account>,
    },
    /// No configuration says what an identity is called at AWS that is had from elsewhere.
    #[error("nothing says what Windlass authenticates as for account `{}` (source {})", .account.name, source(.account))]
    NoIdentity {
        /// The account, whose role is assumed as the first.
        account: Box<Account>,
    },
    /// A trust policy would be in vain.
    #[error("the role of account `{}` is assumed by `{caller}`, and never by `{identity}`", .account.name)]
    OtherCaller {
        /// The account, whose role is assumed by a role.
        account: Box<Account>,
        /// That role.
        caller: String,
        /// Who was given.
        identity: String,
    },
    /// Roles are assumed within a partition only.
    #[error("`{identity}` cannot assume `{role}`, which is in another partition")]
    OtherPartition {
        /// The identity.
        identity: String,
        /// The role.
        role: String,
    },
    /// Everybody of the trusted account could assume the role for whomever they like.
    #[error("a whole AWS account is trusted with an external ID only, and account `{}` has none", .account.name)]
    WholeAccount {
        /// The account.
        account: Box<Account>,
    },
    /// The text is no policy.
    #[error("{what} is no policy document: {why}")]
    Unreadable {
        /// The file, or standard input.
        what: String,
        /// What is wrong with it, and where.
        why: String,
    },
}

impl Report for DocumentError {
    fn code(&self) -> Code {
        Code::new(match self {
            Self::UnknownAccount { .. } => "account.unknown",
            Self::NoRole { .. }
            | Self::NoIdentity { .. }
            | Self::OtherCaller { .. }
            | Self::OtherPartition { .. }
            | Self::WholeAccount { .. } => "account.document-incomplete",
            Self::Unreadable { .. } => "account.document-unreadable",
        })
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::UnknownAccount { hint, .. } => format!("{hint}; `--project` looks among the accounts of a project"),
            Self::NoRole { .. } => {
                "give the account `assumeRole`; without one, only its source has policies".to_owned()
            }
            Self::NoIdentity { .. } => {
                "give `--principal`: the ARN of that role or user (`aws sts get-caller-identity` says which), or its \
                 account's twelve digits"
                    .to_owned()
            }
            Self::OtherCaller { .. } => {
                "leave `--principal` out, or give the twelve digits of that role's AWS account".to_owned()
            }
            Self::OtherPartition { .. } => "give an identity of the role's own partition".to_owned(),
            Self::WholeAccount { .. } => {
                "give the account an `externalId`, or name the role or user that assumes its role by its ARN".to_owned()
            }
            Self::Unreadable { .. } => {
                "give the trust policy alone, as `aws iam get-role --query Role.AssumeRolePolicyDocument` prints it"
                    .to_owned()
            }
        })
    }

    fn snippet(&self) -> Option<String> {
        match self {
            Self::NoRole { account } | Self::OtherCaller { account, .. } | Self::WholeAccount { account } => {
                Some(account.place.to_string())
            }
            _ => None,
        }
    }
}

fn source(account: &Account) -> String {
    match &account.source {
        Source::Account(name) => format!("account `{name}`"),
        source => format!("`{}`", source.name()),
    }
}
