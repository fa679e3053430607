use std::fmt;
use std::path::PathBuf;

use windlass_errors::{Code, Report as _};
use windlass_keys::KeyError;
use windlass_settings::{AccountId, KeyPath};

use crate::cause::Cause;

/// What went wrong, and how far one had come. It names no account: several accounts may share a session, and with it a
/// remembered failure.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) why: Failure,
    pub(crate) hop: Hop,
}

/// Where on the way to credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    /// With the first credentials.
    Source,
    /// With the role of this ARN.
    Role(String),
}

/// What went wrong on the way to credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{service} does not answer")]
    Unreachable { service: Service, source: Cause },
    #[error("{service} gave no IMDSv2 token (HTTP {status})")]
    TokenRefused { service: Service, status: u16 },
    #[error("{service} answers, but its IMDSv2 token does not arrive")]
    TokenLost { service: Service },
    #[error("{service} knows no role of this instance")]
    NoInstanceRole { service: Service },
    #[error("the runner's environment names no container credentials endpoint")]
    NoTaskRole,
    #[error("the runner's environment does not name both the EKS pod identity agent and its token file")]
    NoPodIdentity,
    #[error("the runner's environment has no `{variable}`")]
    NoWebIdentity { variable: &'static str },
    #[error("the web identity token in `{}` cannot be used", path.display())]
    TokenFile { path: PathBuf, source: Cause },
    #[error("{service} refused with HTTP {status}{}", after_colon(.said.as_deref()))]
    Refused { service: Service, status: u16, said: Option<String> },
    #[error("{service} gave no usable keys: {problem}")]
    Garbled { service: Service, problem: String },
    #[error("the variable `{variable}` of the runner's environment cannot be used")]
    Variable { variable: &'static str, source: Cause },
    #[error("profile `{name}` gives no credentials")]
    Profile { name: String, source: Cause },
    #[error(
        "profile `{name}` wants the code of an MFA device (`mfa_serial` of profile `{profile}`), and nobody is there to type it"
    )]
    ProfileMfa { name: String, profile: String },
    #[error("its secret access key cannot be read from key storage")]
    Key(#[source] KeyError),
    #[error("`{0}` holds no text that could be a secret access key")]
    KeyNotText(KeyPath),
    #[error("STS refused to let the source assume the role{}", after_colon(.said.as_deref()))]
    RoleDenied { said: Option<String> },
    #[error("STS does not accept the source's keys ({code}){}", after_colon(.said.as_deref()))]
    KeysRefused { code: String, said: Option<String> },
    #[error("STS answered `{action}` with {code}{}", after_colon(.said.as_deref()))]
    Sts { action: &'static str, code: String, said: Option<String> },
    #[error("STS says AWS account `{said}`, the configuration says `{configured}`")]
    Mismatch { said: String, configured: AccountId },
}

/// Who was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// The instance metadata service at this address.
    Instance(String),
    /// The container credentials endpoint of this origin; its path is as good as a key to some agents.
    Container(String),
    /// STS at this address.
    Sts(String),
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance(url) => write!(f, "the instance metadata service at `{url}`"),
            Self::Container(url) => write!(f, "the container credentials endpoint at `{url}`"),
            Self::Sts(url) => write!(f, "STS at `{url}`"),
        }
    }
}

impl Failure {
    pub(crate) fn code(&self) -> Code {
        Code::new(match self {
            Self::Unreachable { service: Service::Sts(_), .. }
            | Self::Garbled { service: Service::Sts(_), .. }
            | Self::Sts { .. } => "account.sts-failed",
            Self::Unreachable { .. } => "account.source-unreachable",
            Self::TokenRefused { status: 403, .. } => "account.source-refused",
            Self::TokenRefused { .. } | Self::TokenLost { .. } => "account.imds-v1-only",
            Self::NoInstanceRole { .. } | Self::NoTaskRole | Self::NoPodIdentity | Self::NoWebIdentity { .. } => {
                "account.no-role"
            }
            Self::Refused { .. } | Self::Garbled { .. } | Self::Variable { .. } | Self::KeysRefused { .. } => {
                "account.source-refused"
            }
            Self::KeyNotText(_) | Self::TokenFile { .. } => "account.source-refused",
            Self::Profile { .. } | Self::ProfileMfa { .. } => "account.profile-unusable",
            Self::Key(error) => return error.code(),
            Self::RoleDenied { .. } => "account.role-denied",
            Self::Mismatch { .. } => "account.mismatch",
        })
    }

    /// Whether nobody refused anything, so that a session that is still valid may be used on.
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TokenLost { .. } => true,
            Self::Refused { status, .. } => *status >= 500 || *status == 429,
            _ => false,
        }
    }
}

fn after_colon(said: Option<&str>) -> String {
    said.map(|said| format!(": {said}")).unwrap_or_default()
}
