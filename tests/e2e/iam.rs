//! Identities of the stand-ins that a test makes for itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use crate::ground::{printed, python, standins};
use serde_json::{Value, json};
use std::process::Command;
use windlass_tests::seeded::UserKey;

/// Runs a script as the administrator of both accounts; what it prints.
#[track_caller]
pub(crate) fn administered(script: &str, input: &Value) -> String {
    let (standins, seeded) = (standins(), &standins().seeded);
    let head = format!(
        "import boto3, json
def client(service, account):
    return boto3.session.Session().client(service, endpoint_url='{}', region_name='us-east-1',
        aws_access_key_id=account, aws_secret_access_key='test')
MANAGING, MANAGED = '{}', '{}'
given = json.loads({})
",
        standins.services_url(),
        seeded.managing_account,
        seeded.managed_account,
        json!(input.to_string()), // JSON's way to write a text is also Python's.
    );
    printed(&python(|python| Command::new(python), &(head + script)))
}

/// A user of the managing account that may do nothing yet.
pub(crate) fn user(name: &str) -> UserKey {
    let made = administered(
        "iam = client('iam', MANAGING)
user = iam.create_user(UserName=given)['User']
key = iam.create_access_key(UserName=given)['AccessKey']
print(json.dumps([user['Arn'], key['AccessKeyId'], key['SecretAccessKey']]))",
        &json!(name),
    );
    let [arn, access_key_id, secret_access_key]: [String; 3] = serde_json::from_str(&made).unwrap();
    UserKey { arn, access_key_id, secret_access_key }
}

/// A role of one of the accounts with these documents; its ARN. `whose` is `MANAGING` or `MANAGED`.
pub(crate) fn role(whose: &str, name: &str, trust: &Value, policy: &Value) -> String {
    administered(
        &format!(
            "iam = client('iam', {whose})
made = iam.create_role(RoleName=given['name'], AssumeRolePolicyDocument=json.dumps(given['trust']))
iam.put_role_policy(RoleName=given['name'], PolicyName='own', PolicyDocument=json.dumps(given['policy']))
print(made['Role']['Arn'])"
        ),
        &json!({ "name": name, "trust": trust, "policy": policy }),
    )
}

/// A policy with one statement.
pub(crate) fn allow(statement: &Value) -> Value {
    let mut statement = statement.clone();
    statement["Effect"] = "Allow".into();
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// Lets a user do anything; what a test is about is what its role may.
pub(crate) fn lets_all(user: &str) {
    let policy = allow(&json!({ "Action": "*", "Resource": "*" }));
    administered(
        &format!(
            "client('iam', MANAGING).put_user_policy(UserName='{user}', PolicyName='own', PolicyDocument=json.dumps(given))"
        ),
        &policy,
    );
}
