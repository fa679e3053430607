use std::fmt;

use crate::AccountId;

/// A partition of AWS: a group of regions with identities of its own (AWS IAM user guide, "Amazon Resource Names").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Partition {
    /// `aws`, the commercial regions.
    Aws,
    /// `aws-cn`, China.
    AwsCn,
    /// `aws-us-gov`, `GovCloud`.
    AwsUsGov,
}

impl Partition {
    /// The partitions' names, as they stand in an ARN.
    pub const NAMES: [&'static str; 3] = ["aws", "aws-cn", "aws-us-gov"];

    /// The partition of that name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "aws" => Some(Self::Aws),
            "aws-cn" => Some(Self::AwsCn),
            "aws-us-gov" => Some(Self::AwsUsGov),
            _ => None,
        }
    }

    /// The partition that a region belongs to, by the prefix of its name.
    pub fn of_region(region: &str) -> Self {
        match region {
            _ if region.starts_with("cn-") => Self::AwsCn,
            _ if region.starts_with("us-gov-") => Self::AwsUsGov,
            _ => Self::Aws,
        }
    }

    /// The name as it stands in an ARN.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The ARN of an IAM role: `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME` (AWS IAM user guide, "IAM identifiers").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoleArn {
    text: String,
    partition: Partition,
    account: AccountId,
    resource_at: usize,
}

impl RoleArn {
    /// Checks a full ARN; the error is the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts[..] else {
            return Err("a role's ARN has the form `arn:aws:iam::123456789012:role/NAME`".to_owned());
        };
        let Some(partition) = Partition::parse(partition) else {
            return Err(format!("the partition of an ARN is one of `{}`", Partition::NAMES.join("`, `")));
        };
        Self::new(partition, AccountId::parse(account)?, resource)
    }

    /// The ARN of a role given as `role/[PATH/]NAME`, in that account and partition.
    pub fn new(partition: Partition, account: AccountId, resource: &str) -> Result<Self, String> {
        check_resource(resource)?;
        let head = format!("arn:{partition}:iam::{account}:");
        Ok(Self { resource_at: head.len(), text: head + resource, partition, account })
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The partition that the role lives in.
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The AWS account that the role lives in.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// `role/[PATH/]NAME`.
    pub fn resource(&self) -> &str {
        &self.text[self.resource_at..]
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Names have 1 to 64 characters of `[\w+=,.@-]`, paths at most 512 (AWS IAM API reference, `CreateRole`).
fn check_resource(resource: &str) -> Result<(), String> {
    let Some(path) = resource.strip_prefix("role/") else {
        return Err("a role is given as `role/NAME` or as a full ARN".to_owned());
    };
    let (path, name) = path.rsplit_once('/').unwrap_or(("", path));
    if name.is_empty() || name.len() > 64 {
        return Err("the name of a role has 1 to 64 characters".to_owned());
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b)) {
        return Err("the name of a role consists of letters, digits and `_+=,.@-`".to_owned());
    }
    if path.len() > 510 || !path.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("the path of a role has at most 512 printable characters and no blanks".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_gives_its_parts() {
        let arn = RoleArn::parse("arn:aws-cn:iam::012345678901:role/ops/Reader").unwrap();
        assert_eq!(arn.partition(), Partition::AwsCn);
        assert_eq!(arn.account().as_str(), "012345678901");
        assert_eq!(arn.resource(), "role/ops/Reader");
        assert_eq!(arn.as_str(), "arn:aws-cn:iam::012345678901:role/ops/Reader");
    }

    #[test]
    fn refuses_what_is_no_role() {
        for bad in [
            "Reader",
            "role/",
            "role/a b",
            "arn:aws:iam::123:role/Reader",
            "arn:aws:sts::012345678901:assumed-role/Reader/x",
            "arn:aws:iam::012345678901:user/ops",
            "arn:aws-xx:iam::012345678901:role/Reader",
            "arn:aws:iam:us-east-1:012345678901:role/Reader",
        ] {
            assert!(RoleArn::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_region_tells_the_partition() {
        assert_eq!(Partition::of_region("cn-north-1"), Partition::AwsCn);
        assert_eq!(Partition::of_region("us-gov-west-1"), Partition::AwsUsGov);
        assert_eq!(Partition::of_region("us-east-1"), Partition::Aws);
    }
}
