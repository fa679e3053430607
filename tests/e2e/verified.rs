//! `windlass account verify` and the step `sts/validate-credentials`, at an STS and an IAM that enforce what they hold.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod found;
mod kept;
mod step;

use crate::ground::standins;
use crate::iam::administered;
use crate::installation::{Ended, Installation};
use crate::stored::apply;
use serde_json::{Value, json};
use std::sync::OnceLock;
use windlass_tests::seeded::UserKey;

const EXTERNAL_ID: &str = "windlass-verified-1";
const KEY: &str = "keys/project/web/aws";
/// What lets a role look at itself.
const LOOKS: [&str; 2] = ["iam:GetRole", "iam:SimulatePrincipalPolicy"];
const WHO: &str = "steps: [{id: who, uses: sts/caller-identity}]\n";
const QUERY: &str = "steps:\n  - {id: lines, uses: cloudwatch-logs/query, \
                     with: {logGroups: [/web/access], query: fields @message}}\n  - {id: who, uses: sts/caller-identity}\n";

/// Who all accounts of these tests start as: a user that may assume every role of the managed account.
fn user() -> &'static UserKey {
    static USER: OnceLock<UserKey> = OnceLock::new();
    USER.get_or_init(|| {
        let user = crate::iam::user("verified");
        administered(
            "document = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'sts:AssumeRole',
    'Resource': f'arn:aws:iam::{MANAGED}:role/*'}]}
client('iam', MANAGING).put_user_policy(UserName='verified', PolicyName='own', PolicyDocument=json.dumps(document))",
            &json!(null),
        );
        user
    })
}

/// A role of the managed account that trusts the user, may do this, and may be one that asks for the external ID.
fn role(name: &str, external_id: Option<&str>, actions: &[&str]) {
    let mut trust = json!({"Effect": "Allow", "Principal": {"AWS": user().arn}, "Action": "sts:AssumeRole"});
    if let Some(id) = external_id {
        trust["Condition"] = json!({"StringEquals": {"sts:ExternalId": id}});
    }
    let own = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    let document = |statement: Value| json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    administered(
        "iam = client('iam', MANAGED)
iam.create_role(RoleName=given['name'], AssumeRolePolicyDocument=given['trust'])
iam.put_role_policy(RoleName=given['name'], PolicyName='own', PolicyDocument=given['own'])",
        &json!({"name": name, "trust": document(trust), "own": document(own)}),
    );
}

fn source() -> Value {
    json!({"access-key": {"accessKeyId": user().access_key_id, "secretAccessKey": KEY}})
}

/// An account that assumes a role of the managed account with the external ID.
fn account(name: &str, role: &str) -> Value {
    json!({"name": name, "accountId": standins().seeded.managed_account, "source": source(),
        "assumeRole": format!("role/{role}"), "externalId": EXTERNAL_ID, "regions": ["us-east-1"]})
}

/// Project `web` with these accounts, the first of which is the default, and these stored jobs.
fn installation(accounts: &[Value], jobs: &[(&str, &str)]) -> Installation {
    let services = standins().services_url();
    let endpoints = json!({"sts": services, "iam": services, "logs": services});
    let default = &accounts[0]["name"];
    let project = json!({"name": "web", "defaultAccount": default, "accounts": accounts});
    let installation = Installation::new(&format!("projects: [{project}]\nendpoints: {endpoints}\n"));
    installation.set_key(KEY, &user().secret_access_key);
    apply(&installation, jobs);
    installation
}

/// `windlass account verify ARGUMENTS --project web`, words apart.
fn verify(installation: &Installation, arguments: &str) -> Ended {
    let words = ["account", "verify", "--project", "web"];
    let words: Vec<&str> = words.into_iter().chain(arguments.split_whitespace()).collect();
    let ended = installation.run(&words);
    let secret = &user().secret_access_key;
    assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret), "{ended:?}");
    ended
}

/// What it found as JSON.
#[track_caller]
fn json_of(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// The finding of that kind.
#[track_caller]
fn finding<'a>(found: &'a Value, kind: &str) -> &'a Value {
    let findings = found["findings"].as_array().unwrap();
    findings.iter().find(|it| it["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {found:#}"))
}

/// Kinds and outcomes, in their order.
fn outcomes(found: &Value) -> Vec<(&str, &str)> {
    let findings = found["findings"].as_array().unwrap().iter();
    findings.map(|it| (it["kind"].as_str().unwrap(), it["outcome"].as_str().unwrap())).collect()
}
