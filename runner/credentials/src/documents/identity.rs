use std::fmt;
use std::str::FromStr;

use windlass_settings::{AccountId, Partition, RoleArn};

/// Whom a trust policy names: who assumes its role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A role.
    Role(RoleArn),
    /// An IAM user.
    User {
        /// Where it lives.
        partition: Partition,
        /// Where it lives.
        account: AccountId,
        /// `user/[PATH/]NAME`.
        resource: String,
    },
    /// Every identity of an AWS account that its own administrators let.
    Account(AccountId),
}

impl Identity {
    /// Reads the ARN of a role or user, or the id of an account; the error is the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Ok(account) = AccountId::parse(text) {
            return Ok(Self::Account(account));
        }
        // IAM allows them in paths, and a reader would take them for patterns.
        if text.contains(['*', '?']) {
            return Err(format!("a pattern would let in others; {FORM}"));
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, service, "", account, resource] = parts[..] else {
            return Err(FORM.to_owned());
        };
        if service == "sts" {
            let role = resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next()).unwrap_or("NAME");
            return Err(format!(
                "that is a session, which ends; give its role: `arn:{partition}:iam::{account}:role/{role}` (with its \
                 path, if it has one)"
            ));
        }
        match resource.split_once('/') {
            Some(("role", _)) => RoleArn::parse(text).map(Self::Role),
            Some(("user", name)) if service == "iam" => user(partition, account, resource, name),
            None if service == "iam" && resource == "root" => AccountId::parse(account).map(Self::Account),
            _ => Err(FORM.to_owned()),
        }
    }

    /// Its ARN as a principal of a role in this partition; none when it lives in another, from which nobody can assume it
    /// (AWS IAM user guide, "Amazon Resource Names": a partition has identities of its own).
    pub(super) fn principal(&self, partition: Partition) -> Option<String> {
        match self {
            Self::Account(account) => Some(format!("arn:{partition}:iam::{account}:root")),
            Self::Role(arn) => (arn.partition() == partition).then(|| arn.to_string()),
            Self::User { partition: own, .. } => (*own == partition).then(|| self.to_string()),
        }
    }

    /// Whether a role is this one, or of the AWS account that this is.
    pub(super) fn includes(&self, role: &RoleArn) -> bool {
        match self {
            Self::Role(arn) => arn == role,
            Self::Account(account) => account == role.account(),
            Self::User { .. } => false,
        }
    }

    /// The AWS account that it lives in.
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Role(arn) => arn.account(),
            Self::User { account, .. } | Self::Account(account) => account,
        }
    }
}

const FORM: &str = "give the ARN of a role or user, such as `arn:aws:iam::123456789012:role/NAME`, or twelve digits";

/// The rules of names and paths are those of roles.
fn user(partition: &str, account: &str, resource: &str, name: &str) -> Result<Identity, String> {
    let as_role = format!("arn:{partition}:iam::{account}:role/{name}");
    let checked = RoleArn::parse(&as_role).map_err(|reason| reason.replace("role", "user"))?;
    Ok(Identity::User {
        partition: checked.partition(),
        account: checked.account().clone(),
        resource: resource.to_owned(),
    })
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(arn) => arn.fmt(f),
            Self::User { partition, account, resource } => write!(f, "arn:{partition}:iam::{account}:{resource}"),
            Self::Account(account) => write!(f, "account {account}"),
        }
    }
}

impl FromStr for Identity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_users_and_accounts_are_identities() {
        for (text, principal) in [
            ("arn:aws:iam::111122223333:role/ops/Windlass", "arn:aws:iam::111122223333:role/ops/Windlass"),
            ("arn:aws:iam::111122223333:user/windlass", "arn:aws:iam::111122223333:user/windlass"),
            ("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root"),
            ("012345678901", "arn:aws:iam::012345678901:root"),
        ] {
            assert_eq!(Identity::parse(text).unwrap().principal(Partition::Aws).unwrap(), principal);
        }
    }

    #[test]
    fn what_would_let_in_others_is_none() {
        for bad in [
            "*",
            "arn:aws:iam::*:role/Windlass",
            "arn:*:iam::111122223333:role/Windlass",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::111122223333:role/ops*/Windlass",
            "arn:aws:iam::111122223333:user/*",
            "arn:aws:iam::111122223333:user/wind?ass",
            "arn:aws:iam::111122223333:group/ops",
            "11112222333",
            "",
        ] {
            assert!(Identity::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_session_is_met_with_its_role() {
        let reason = Identity::parse("arn:aws:sts::111122223333:assumed-role/Windlass/i-0abc").unwrap_err();
        assert!(reason.contains("`arn:aws:iam::111122223333:role/Windlass`"), "{reason}");
    }

    #[test]
    fn nobody_is_trusted_across_partitions() {
        let role = Identity::parse("arn:aws:iam::111122223333:role/Windlass").unwrap();
        assert_eq!(role.principal(Partition::AwsCn), None);
    }
}
