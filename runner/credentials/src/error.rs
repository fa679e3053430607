use std::error::Error;
use std::fmt;
use std::sync::Arc;

use windlass_errors::{Code, Report};
use windlass_settings::{Account, AccountName, Chain, ChainError, ProjectName, Unusable};

use crate::failure::{Failed, Hop};
use crate::remedy::remedy;
use crate::{Chosen, Region};

/// Why a step gets no credentials.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The project is not configured.
    #[error("no project `{project}`")]
    UnknownProject {
        /// The name.
        project: ProjectName,
        /// The nearest name, or what there is.
        hint: String,
    },
    /// No scope has an account of that name.
    #[error("no account `{account}` in project `{project}` or the system; {chosen} names it")]
    UnknownAccount {
        /// The name.
        account: AccountName,
        /// Who gave it.
        chosen: Chosen,
        /// Where it was looked for first.
        project: ProjectName,
        /// The nearest name, or what there is in both scopes.
        hint: String,
    },
    /// The system has no account of that name, and no project was asked.
    #[error("the system has no account `{account}`; {chosen} names it")]
    UnknownInSystem {
        /// The name.
        account: AccountName,
        /// Who gave it.
        chosen: Chosen,
        /// The nearest name, or what there is.
        hint: String,
    },
    /// Nobody names an account.
    #[error("nothing names an account for {what}: neither step, job, project nor system")]
    NoAccount {
        /// The job or the project.
        what: String,
        /// What there is in both scopes.
        hint: String,
    },
    /// The account is written so that it cannot work.
    #[error("account `{}` of {} cannot be used: {}", .account.name, .account.scope, .account.problems)]
    Unusable {
        /// The account.
        account: Box<Unusable>,
    },
    /// What stands behind the account cannot work, or may not be used.
    #[error("{why}")]
    Chain {
        /// The account.
        account: Box<Account>,
        /// Why.
        why: ChainError,
    },
    /// The system's account is for other projects.
    #[error("{} is not for project `{project}`", meant(.named, .account))]
    NotForProject {
        /// The name by which it was asked for.
        named: AccountName,
        /// The account, which may have another name as well.
        account: Box<Account>,
        /// The project.
        project: ProjectName,
    },
    /// What the step declares does not fit into a policy of a session.
    #[error(
        "what the step may do takes a session policy of {characters} characters, and AWS takes 2048 (account `{}` of {})",
        .account.name, .account.scope
    )]
    PolicyTooLong {
        /// The account.
        account: Box<Account>,
        /// The length.
        characters: usize,
    },
    /// Nobody says which region.
    #[error("nothing says which region to use with account `{}` of {}", .account.name, .account.scope)]
    RegionMissing {
        /// The account.
        account: Box<Account>,
    },
    /// The region is not one of the account's.
    #[error(
        "account `{}` of {} may not be used in region `{}`; {} says so",
        .account.name, .account.scope, .region.name, .region.because
    )]
    RegionRefused {
        /// What was asked for.
        region: Region,
        /// The account.
        account: Box<Account>,
    },
    /// The account is clear, but its source or its role gives no credentials.
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl Report for AccountError {
    fn code(&self) -> Code {
        Code::new(match self {
            Self::UnknownProject { .. } => "project.unknown",
            Self::UnknownAccount { .. } | Self::UnknownInSystem { .. } => "account.unknown",
            Self::NoAccount { .. } => "account.none",
            Self::Unusable { .. } | Self::Chain { why: ChainError::Wrong { .. }, .. } => "account.unusable",
            Self::NotForProject { .. } | Self::Chain { why: ChainError::NotAllowed { .. }, .. } => {
                "account.not-allowed"
            }
            Self::PolicyTooLong { .. } => "account.policy-too-long",
            Self::RegionMissing { .. } => "account.region-missing",
            Self::RegionRefused { .. } => "account.region-refused",
            Self::Session(error) => return error.code(),
        })
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::UnknownProject { hint, .. }
            | Self::UnknownAccount { hint, .. }
            | Self::UnknownInSystem { hint, .. } => Some(hint.clone()),
            Self::NoAccount { hint, .. } => Some(format!(
                "set `account` in the step or the job, or `defaultAccount` in the project or the system; {hint}"
            )),
            Self::Unusable { account } => account.problems.iter().next().and_then(|problem| problem.hint.clone()),
            Self::Chain { why: ChainError::Wrong { hint, .. } | ChainError::NotAllowed { hint, .. }, .. } => {
                Some(hint.clone())
            }
            Self::NotForProject { account, project, .. } => {
                Some(format!("a system administrator adds `{project}` to the `allowedProjects` of `{}`", account.name))
            }
            Self::PolicyTooLong { .. } => Some(
                "name fewer resources in one step, or give the account `sessionPolicyArns`: managed policies that \
                 narrow instead"
                    .to_owned(),
            ),
            Self::RegionMissing { account } => Some(format!(
                "set `region` in the step or the job, or the account's `defaultRegion`; {}",
                allowed(account)
            )),
            Self::RegionRefused { account, .. } => Some(allowed(account)),
            Self::Session(error) => error.help(),
        }
    }

    fn snippet(&self) -> Option<String> {
        match self {
            Self::RegionMissing { account }
            | Self::RegionRefused { account, .. }
            | Self::NotForProject { account, .. }
            | Self::PolicyTooLong { account, .. }
            | Self::Chain { account, .. } => Some(account.place.to_string()),
            Self::Unusable { account } => Some(account.place.to_string()),
            Self::Session(error) => error.snippet(),
            _ => None,
        }
    }
}

fn meant(named: &AccountName, account: &Account) -> String {
    if *named == account.name {
        return format!("account `{named}` of the system");
    }
    format!("account `{}` of the system, which `{named}` is another name for,", account.name)
}

fn allowed(account: &Account) -> String {
    match account.regions.as_slice() {
        [] => "the account allows any region, such as `eu-west-1`".to_owned(),
        regions => format!("the account allows `{}`", regions.join("`, `")),
    }
}

/// Why an account's source or role gives no credentials. Holds no secret: neither keys nor tokens, nor what a
/// credentials service answered.
#[derive(Debug)]
pub struct SessionError {
    chain: Box<Chain>,
    failed: Arc<Failed>,
}

impl SessionError {
    pub(crate) fn new(chain: &Chain, failed: Arc<Failed>) -> Self {
        Self { chain: chain.clone().into(), failed }
    }

    /// The account that says what failed: that with the role, or with the source.
    fn link(&self) -> &Account {
        link(&self.chain, &self.failed.hop)
    }
}

/// The account whose source or role that is.
pub(crate) fn link<'a>(chain: &'a Chain, hop: &Hop) -> &'a Account {
    let is_it = |link: &&Account| match hop {
        Hop::Source => true,
        Hop::Role(arn) => link.role.as_ref().is_some_and(|role| role.arn.as_str() == arn),
    };
    chain.links().find(is_it).unwrap_or_else(|| chain.account())
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Account { name, scope, .. } = self.chain.account();
        write!(f, "account `{name}` of {scope} (source `{}`", self.chain.source().name())?;
        let roles: Vec<String> = self.chain.roles().map(|role| format!("`{}`", role.arn)).collect();
        match roles.as_slice() {
            [] => f.write_str(", no role): ")?,
            [role] => write!(f, ", role {role}): ")?,
            roles => write!(f, ", roles {}): ", roles.join(" then "))?,
        }
        match &self.failed.hop {
            Hop::Role(arn) if roles.len() > 1 => write!(f, "role `{arn}`: {}", self.failed.why),
            Hop::Source if roles.len() > 1 => write!(f, "source: {}", self.failed.why),
            _ => self.failed.why.fmt(f),
        }
    }
}

impl Error for SessionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failed.why.source()
    }
}

impl Report for SessionError {
    fn code(&self) -> Code {
        self.failed.why.code()
    }

    fn help(&self) -> Option<String> {
        remedy(&self.failed, &self.chain)
    }

    fn snippet(&self) -> Option<String> {
        Some(self.link().place.to_string())
    }
}
