use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::{AccountId, AccountName, ExternalId, KeyPath, ProjectName, RoleArn, SessionName};

/// A named AWS identity, whole and checked.
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
    /// Where the configuration says so.
    pub place: Place,
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
    /// A long-lived key of an IAM user.
    AccessKey {
        /// `AKIA...`; not a secret.
        access_key_id: String,
        /// Where key storage holds the secret half.
        secret_access_key: KeyPath,
    },
    /// A profile of the shared AWS configuration files, SSO included; for laptops.
    Profile(String),
}

impl Source {
    /// The names, as they stand in the configuration.
    pub const NAMES: [&'static str; 4] = ["ec2-instance-role", "ecs-task-role", "access-key", "profile"];

    /// The name, as it stands in the configuration.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ec2InstanceRole => "ec2-instance-role",
            Self::EcsTaskRole => "ecs-task-role",
            Self::AccessKey { .. } => "access-key",
            Self::Profile(_) => "profile",
        }
    }

    /// Whether the source is a role itself, so that a role assumed from it is chained and lasts an hour at most
    /// (AWS IAM user guide, "Roles terms and concepts", role chaining).
    pub fn is_role(&self) -> bool {
        matches!(self, Self::Ec2InstanceRole | Self::EcsTaskRole)
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
}

/// A place in a configuration file; line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

impl fmt::Display for Place {
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
        let place = Place { file: "/etc/windlass/windlass.yaml".into(), line: 3, column: 5 };
        assert_eq!(place.to_string(), "/etc/windlass/windlass.yaml:3:5");
    }
}
