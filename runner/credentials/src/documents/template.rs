use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};
use windlass_settings::{AccountId, Chain};

use super::assumed::last;
use super::{CallersPolicy, DocumentError, Grantee, Identity, Policy, callers_policies};

/// A CloudFormation template (AWS CloudFormation user guide, "Template anatomy").
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Template {
    #[serde(rename = "AWSTemplateFormatVersion")]
    format: &'static str,
    description: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    conditions: BTreeMap<String, Value>,
    resources: BTreeMap<String, Conditional>,
    outputs: BTreeMap<String, Output>,
}

/// A resource that is made where its condition holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Conditional {
    #[serde(flatten)]
    resource: Resource,
    #[serde(rename = "Condition", skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
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
    description: String,
    value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
}

const FORMAT: &str = "2010-09-09";

/// For the AWS account whose role is assumed: the role under the name that the account says, what it may do, and its
/// [trust policy](super::trust()).
///
/// # Errors
/// `account.document-incomplete` when the account assumes no role.
pub fn managed_side(chain: &Chain, trust: Policy, policy: Policy) -> Result<Template, DocumentError> {
    let role = last(chain)?.role;
    let (path, name) = path_and_name(role.arn.resource());
    let resource = Resource::Role {
        role_name: name,
        path,
        max_session_duration: role.duration.as_secs().max(SHORTEST_MAXIMUM),
        assume_role_policy_document: trust,
        policies: [Inline { policy_name: "windlass", policy_document: policy }],
    };
    let output = Output {
        description: "Belongs into `assumeRole` of the account.".to_owned(),
        value: json!({"Fn::GetAtt": ["WindlassRole", "Arn"]}),
        condition: None,
    };
    Ok(Template {
        format: FORMAT,
        description: format!(
            "The role of account {} of Windlass, for AWS account {}.",
            chain.account().name,
            role.arn.account()
        ),
        conditions: BTreeMap::new(),
        resources: BTreeMap::from([("WindlassRole".to_owned(), Conditional { resource, condition: None })]),
        outputs: BTreeMap::from([("RoleArn".to_owned(), output)]),
    })
}

/// For the AWS account that Windlass authenticates in: a policy that lets the identity assume the account's role. It is
/// attached when the identity is a role or a user.
///
/// With several hops each role that assumes another has a policy of its own, attached to it. Each is made in the AWS account
/// of its role alone, in whichever of them the template is used.
///
/// # Errors
/// `account.document-incomplete` when the account assumes no role, or with several hops nothing says in which AWS account the
/// first one begins.
pub fn managing_side(chain: &Chain, identity: Option<&Identity>) -> Result<Template, DocumentError> {
    let policies = callers_policies([chain])?;
    let several = policies.len() > 1;
    let (mut conditions, mut resources, mut outputs) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut accounts = BTreeSet::new();
    for (number, CallersPolicy { grantee, policy }) in (1..).zip(policies) {
        let number = if number == 1 { String::new() } else { number.to_string() };
        let condition = if several {
            let account = account_of(&grantee, chain, identity)?;
            let name = format!("InAccount{account}");
            conditions.insert(name.clone(), json!({"Fn::Equals": [{"Ref": "AWS::AccountId"}, account]}));
            accounts.insert(account.to_string());
            Some(name)
        } else {
            None
        };
        let (roles, users) = attached(&grantee, identity);
        let output = Output {
            description: match &grantee {
                Grantee::Managing => "Attach it to the identity that Windlass authenticates as.".to_owned(),
                Grantee::Role { arn } => format!("Attached to {arn}, which assumes the next role."),
            },
            value: json!({"Ref": format!("WindlassAssumeRole{number}")}),
            condition: condition.clone(),
        };
        let resource = Resource::ManagedPolicy {
            description: "Lets Windlass assume the role of an account.",
            policy_document: policy,
            roles,
            users,
        };
        resources.insert(format!("WindlassAssumeRole{number}"), Conditional { resource, condition });
        outputs.insert(format!("PolicyArn{number}"), output);
    }
    let mut description = format!("What Windlass needs to use account {}.", chain.account().name);
    if several {
        let accounts: Vec<String> = accounts.into_iter().collect();
        description += &format!(" For each of the AWS accounts {}.", accounts.join(", "));
    }
    Ok(Template { format: FORMAT, description, conditions, resources, outputs })
}

/// The AWS account in which somebody assumes a role.
fn account_of<'a>(
    grantee: &'a Grantee,
    chain: &'a Chain,
    identity: Option<&'a Identity>,
) -> Result<&'a AccountId, DocumentError> {
    let first = chain.links().next().filter(|first| first.role.is_none());
    let configured = first.and_then(|first| first.account_id.as_ref());
    match grantee {
        Grantee::Role { arn } => Ok(arn.account()),
        Grantee::Managing => identity
            .map(Identity::account)
            .or(configured)
            .ok_or_else(|| DocumentError::NoIdentity { account: Box::new(chain.account().clone()) }),
    }
}

/// The names of the roles and of the users that get a policy.
fn attached(grantee: &Grantee, identity: Option<&Identity>) -> (Vec<String>, Vec<String>) {
    let last = |resource: &str| vec![path_and_name(resource).1];
    match (grantee, identity) {
        (Grantee::Role { arn }, _) | (Grantee::Managing, Some(Identity::Role(arn))) => {
            (last(arn.resource()), Vec::new())
        }
        (Grantee::Managing, Some(Identity::User { resource, .. })) => (Vec::new(), last(resource)),
        (Grantee::Managing, Some(Identity::Account(_)) | None) => (Vec::new(), Vec::new()),
    }
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
mod tests;
