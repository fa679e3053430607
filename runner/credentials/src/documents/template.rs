use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use windlass_settings::Account;

use super::trust::{callers_policy, role_of, trust};
use super::{DocumentError, Identity, Policy};

/// A CloudFormation template (AWS CloudFormation user guide, "Template anatomy").
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Template {
    #[serde(rename = "AWSTemplateFormatVersion")]
    format: &'static str,
    description: String,
    resources: BTreeMap<&'static str, Resource>,
    outputs: BTreeMap<&'static str, Output>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "Type", content = "Properties")]
enum Resource {
    #[serde(rename = "AWS::IAM::Role", rename_all = "PascalCase")]
    Role {
        role_name: String,
        path: String,
        max_session_duration: u64,
        assume_role_policy_document: Policy,
        policies: [Inline; 1],
    },
    #[serde(rename = "AWS::IAM::ManagedPolicy", rename_all = "PascalCase")]
    ManagedPolicy {
        description: &'static str,
        policy_document: Policy,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        roles: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        users: Vec<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Inline {
    policy_name: &'static str,
    policy_document: Policy,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    description: &'static str,
    value: Value,
}

const FORMAT: &str = "2010-09-09";

/// For the AWS account whose role is assumed: the role under the name that the account says, what it may do, and its
/// [trust policy](trust).
///
/// # Errors
/// Those of [`trust`].
pub fn managed_side(account: &Account, identity: &Identity, policy: Policy) -> Result<Template, DocumentError> {
    let role = role_of(account)?;
    let (path, name) = path_and_name(role.arn.resource());
    let resource = Resource::Role {
        role_name: name,
        path,
        max_session_duration: role.duration.as_secs().max(SHORTEST_MAXIMUM),
        assume_role_policy_document: trust(account, identity)?,
        policies: [Inline { policy_name: "windlass", policy_document: policy }],
    };
    let output = Output {
        description: "Belongs into `assumeRole` of the account.",
        value: json!({"Fn::GetAtt": ["WindlassRole", "Arn"]}),
    };
    Ok(Template {
        format: FORMAT,
        description: format!(
            "The role of account {} of Windlass, for AWS account {}.",
            account.name,
            role.arn.account()
        ),
        resources: BTreeMap::from([("WindlassRole", resource)]),
        outputs: BTreeMap::from([("RoleArn", output)]),
    })
}

/// For the AWS account that Windlass authenticates in: a policy that lets the identity assume the account's role. It is
/// attached when the identity is a role or a user.
///
/// # Errors
/// `account.document-incomplete` when the account assumes no role.
pub fn managing_side(account: &Account, identity: Option<&Identity>) -> Result<Template, DocumentError> {
    let last = |resource: &str| path_and_name(resource).1;
    let (roles, users) = match identity {
        Some(Identity::Role(arn)) => (vec![last(arn.resource())], Vec::new()),
        Some(Identity::User { resource, .. }) => (Vec::new(), vec![last(resource)]),
        Some(Identity::Account(_)) | None => (Vec::new(), Vec::new()),
    };
    let resource = Resource::ManagedPolicy {
        description: "Lets Windlass assume the role of an account.",
        policy_document: callers_policy([account])?,
        roles,
        users,
    };
    let output = Output {
        description: "Attach it to the identity that Windlass authenticates as.",
        value: json!({"Ref": "WindlassAssumeRole"}),
    };
    Ok(Template {
        format: FORMAT,
        description: format!("What Windlass needs to use account {}.", account.name),
        resources: BTreeMap::from([("WindlassAssumeRole", resource)]),
        outputs: BTreeMap::from([("PolicyArn", output)]),
    })
}

/// The least that `MaxSessionDuration` may be (AWS IAM API reference, `CreateRole`).
const SHORTEST_MAXIMUM: u64 = 3600;

/// `/ops/` and `Reader` of `role/ops/Reader`.
fn path_and_name(resource: &str) -> (String, String) {
    let path = resource.split_once('/').map_or("", |(_, rest)| rest);
    match path.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name.to_owned()),
        None => ("/".to_owned(), path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use windlass_settings::Role;

    use super::*;
    use crate::Permissions;
    use crate::testing::{account, role};

    fn managed(arn: &str, duration: u64) -> Account {
        let role = Role { duration: Duration::from_secs(duration), ..role(arn, Some("windlass-7f3a")) };
        Account { role: Some(role), ..account("prod") }
    }

    #[test]
    fn the_role_has_the_name_path_and_duration_that_the_account_says() {
        let identity = Identity::parse("111122223333").unwrap();
        for (arn, duration, wanted) in [
            ("arn:aws:iam::444455556666:role/ops/eu/Reader", 7200, ("Reader", "/ops/eu/", 7200)),
            ("arn:aws:iam::444455556666:role/Reader", 900, ("Reader", "/", 3600)),
        ] {
            let template = managed_side(&managed(arn, duration), &identity, Permissions::default().policy()).unwrap();
            let template = serde_json::to_value(template).unwrap();
            let role = &template["Resources"]["WindlassRole"];
            assert_eq!(role["Type"], "AWS::IAM::Role");
            let properties = &role["Properties"];
            assert_eq!(properties["RoleName"], wanted.0);
            assert_eq!(properties["Path"], wanted.1);
            assert_eq!(properties["MaxSessionDuration"], wanted.2);
        }
    }

    #[test]
    fn the_policy_is_attached_to_whom_it_is_for() {
        let account = managed("arn:aws:iam::444455556666:role/Reader", 3600);
        for (identity, roles, users) in [
            (Some("arn:aws:iam::111122223333:role/ops/Windlass"), json!(["Windlass"]), Value::Null),
            (Some("arn:aws:iam::111122223333:user/windlass"), Value::Null, json!(["windlass"])),
            (Some("111122223333"), Value::Null, Value::Null),
            (None, Value::Null, Value::Null),
        ] {
            let identity = identity.map(|text| Identity::parse(text).unwrap());
            let template = serde_json::to_value(managing_side(&account, identity.as_ref()).unwrap()).unwrap();
            let properties = &template["Resources"]["WindlassAssumeRole"]["Properties"];
            assert_eq!((&properties["Roles"], &properties["Users"]), (&roles, &users));
        }
    }
}
