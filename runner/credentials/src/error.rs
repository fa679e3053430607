use std::error::Error;
use std::fmt;
use std::sync::Arc;

use windlass_errors::{Code, Report};
use windlass_settings::{Account, AccountName, ProjectName};

use crate::failure::Failure;
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
    /// Nobody names an account.
    #[error("nothing names an account for {what}: neither step, job, project nor system")]
    NoAccount {
        /// The job or the project.
        what: String,
        /// What there is in both scopes.
        hint: String,
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
            Self::UnknownAccount { .. } => "account.unknown",
            Self::NoAccount { .. } => "account.none",
            Self::RegionMissing { .. } => "account.region-missing",
            Self::RegionRefused { .. } => "account.region-refused",
            Self::Session(error) => return error.code(),
        })
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::UnknownProject { hint, .. } | Self::UnknownAccount { hint, .. } => Some(hint.clone()),
            Self::NoAccount { hint, .. } => Some(format!(
                "set `account` in the step or the job, or `defaultAccount` in the project or the system; {hint}"
            )),
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
            Self::RegionMissing { account } | Self::RegionRefused { account, .. } => Some(account.place.to_string()),
            Self::Session(error) => error.snippet(),
            _ => None,
        }
    }
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
    account: Box<Account>,
    failure: Arc<Failure>,
}

impl SessionError {
    pub(crate) fn new(account: &Account, failure: Arc<Failure>) -> Self {
        Self { account: account.clone().into(), failure }
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Account { name, scope, source, role, .. } = &*self.account;
        write!(f, "account `{name}` of {scope} (source `{}`", source.name())?;
        match role {
            Some(role) => write!(f, ", role `{}`): {}", role.arn, self.failure),
            None => write!(f, ", no role): {}", self.failure),
        }
    }
}

impl Error for SessionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failure.source()
    }
}

impl Report for SessionError {
    fn code(&self) -> Code {
        self.failure.code()
    }

    fn help(&self) -> Option<String> {
        remedy(&self.failure, &self.account)
    }

    fn snippet(&self) -> Option<String> {
        Some(self.account.place.to_string())
    }
}
