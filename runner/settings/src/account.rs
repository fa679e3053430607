use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::{AccountId, AccountName, ExternalId, KeyPath, ProjectName, RoleArn, RolePattern, SessionName, Template};

/// A named AWS identity as it is written, every value of it checked. Whether it can be used is known once it has a
/// [`Chain`](crate::Chain).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Unique in its scope; a project's account hides the system's of the same name.
    pub name: AccountName,
    /// Whose account it is.
    pub scope: Scope,
    /// What STS must say about the final identity, when it is given.
    pub account_id: Option<AccountId>,
    /// Where the first credentials come from.
    pub source: Source,
    /// The role that is assumed with them, if any.
    pub role: Option<Role>,
    /// The regions that steps may use; empty allows all.
    pub regions: Vec<String>,
    /// The region of a step that names none; one of `regions` when those are given.
    pub default_region: Option<String>,
    /// For whom it is.
    pub grant: Grant,
    /// Where it is defined.
    pub place: Place,
}

/// Who may use an account or a source, and for what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// The projects; nothing lets all use an account of the system, and none build on it through the database.
    pub projects: Option<Vec<ProjectName>>,
    /// The roles that accounts may assume which start from it; nothing allows all.
    pub roles: Option<Vec<RolePattern>>,
}

/// Who owns an account: all, or one project.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every project may use it.
    System,
    /// Only this project sees it.
    Project(ProjectName),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("the system"),
            Self::Project(name) => write!(f, "project `{name}`"),
        }
    }
}

/// Where an account's first credentials come from. Nothing else is tried when it fails.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The role of the EC2 instance that Windlass runs on, by IMDSv2.
    Ec2InstanceRole,
    /// The role of the ECS task that Windlass runs in, by the container credentials endpoint.
    EcsTaskRole,
    /// The role of the EKS pod that Windlass runs in, by the agent of EKS pod identity.
    EksPodIdentity,
    /// The role that a token of an `OpenID` Connect provider may assume, such as that of a Kubernetes service account.
    WebIdentity(WebIdentity),
    /// A key of an IAM user, or of a session.
    AccessKey(AccessKey),
    /// A profile of the shared AWS configuration files, SSO included; for laptops.
    Profile(String),
    /// The credentials of another account.
    Account(AccountName),
}

/// What is not given says the environment: `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE` (AWS SDKs and Tools reference
/// guide, "Assume role credential provider"), which EKS sets in pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct WebIdentity {
    /// The role.
    pub role: Option<RoleArn>,
    /// The file with the token; whoever gave it replaces it from time to time.
    pub token_file: Option<PathBuf>,
}

/// The parts of a key, always from one record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccessKey {
    /// `AKIA...`, or `ASIA...` with a session token; not a secret.
    pub id: String,
    /// Where key storage holds the secret half.
    pub secret: KeyPath,
    /// Where it holds the session's token.
    pub session_token: Option<KeyPath>,
}

impl Source {
    /// The names, as they stand in the configuration.
    pub const NAMES: [&'static str; 7] =
        ["ec2-instance-role", "ecs-task-role", "eks-pod-identity", "web-identity", "access-key", "profile", "account"];

    /// The name, as it stands in the configuration.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ec2InstanceRole => "ec2-instance-role",
            Self::EcsTaskRole => "ecs-task-role",
            Self::EksPodIdentity => "eks-pod-identity",
            Self::WebIdentity(_) => "web-identity",
            Self::AccessKey(_) => "access-key",
            Self::Profile(_) => "profile",
            Self::Account(_) => "account",
        }
    }

    /// Whether it is a role itself, so that a role assumed from it is chained and lasts an hour at most (AWS IAM user guide,
    /// "Roles terms and concepts", role chaining). Of another account nobody knows here; its chain does.
    pub fn is_role(&self) -> bool {
        matches!(self, Self::Ec2InstanceRole | Self::EcsTaskRole | Self::EksPodIdentity | Self::WebIdentity(_))
    }

    /// Whether it is what the runner itself is at AWS, by its machine, its environment or its files.
    pub fn is_runners_own(&self) -> bool {
        !matches!(self, Self::AccessKey(_) | Self::Account(_))
    }
}

/// A role to assume, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The role.
    pub arn: RoleArn,
    /// What the role's trust policy asks for, if it does.
    pub external_id: Option<ExternalId>,
    /// The template of the session's name.
    pub session_name: SessionName,
    /// How long a session lasts: 15 minutes to 12 hours.
    pub duration: Duration,
    /// Who is said to stand behind the session; the role's trust policy must allow `sts:SetSourceIdentity`.
    pub source_identity: Option<SessionName>,
    /// Tags of the session; the role's trust policy must allow `sts:TagSession`.
    pub tags: BTreeMap<String, Template>,
    /// Whether sessions may do less than the role.
    pub narrowing: Narrowing,
}

/// Whether a session gets a policy of its own, which takes from what the role may do and adds nothing (AWS IAM user guide,
/// "Session policies").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Narrowing {
    /// Steps may do what their step type declares. These managed policies stand in when that is too long for a session.
    Declared {
        /// ARNs, at most ten.
        otherwise: Vec<String>,
    },
    /// Steps may do what the role may.
    Off,
}

impl Default for Narrowing {
    fn default() -> Self {
        Self::Declared { otherwise: Vec::new() }
    }
}

/// Where an account is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a configuration file.
    File(FilePlace),
    /// In the database.
    Database {
        /// Which of its versions.
        version: i64,
    },
}

/// A place in a configuration file; line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlace {
    /// The file.
    pub file: PathBuf,
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(place) => place.fmt(f),
            Self::Database { version } => write!(f, "the database, version {version}"),
        }
    }
}

impl fmt::Display for FilePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_and_a_place_read_well() {
        assert_eq!(Scope::System.to_string(), "the system");
        assert_eq!(Scope::Project(ProjectName::parse("web").unwrap()).to_string(), "project `web`");
        let place = FilePlace { file: "/etc/windlass/windlass.yaml".into(), line: 3, column: 5 };
        assert_eq!(Place::File(place).to_string(), "/etc/windlass/windlass.yaml:3:5");
        assert_eq!(Place::Database { version: 2 }.to_string(), "the database, version 2");
    }
}
