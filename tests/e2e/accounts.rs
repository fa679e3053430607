//! Accounts, from their source to who AWS says that the step is. The runner stands in a network namespace where the
//! metadata servers have the addresses of AWS, so only STS and CloudWatch Logs have a configured endpoint.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod chained;
mod combined;
mod configured;
mod denied;
mod federated;
mod imported;
mod many;
mod narrowed;
mod partitions;
mod profiles;
mod resolved;
mod sources;
mod spinnaker;
mod stored;
mod traps;
mod unreachable;

use crate::ground::namespace;
use crate::installation::{Ended, Installation};
use serde_json::Value;
use std::sync::Mutex;
use windlass_tests::{binaries, standins};

const WHO: &str = "steps: [{id: who, uses: sts/caller-identity}]\n";

/// The instance metadata and container servers answer one request after the other and let few wait.
static METADATA: Mutex<()> = Mutex::new(());

/// An installation in the namespace: project `web` has this account, named `prod`, and a job that asks who it is.
fn installation(account: &str) -> Installation {
    let region = &namespace().seeded.region;
    installation_of(&format!(
        "projects: [{{name: web, defaultAccount: prod, accounts: [{{name: prod, regions: [{region}], {account}}}]}}]\n"
    ))
}

/// An installation in the namespace with this configuration beside its services.
fn installation_of(configuration: &str) -> Installation {
    let services = namespace().services_url();
    let endpoints = format!("endpoints: {{sts: '{services}', logs: '{services}'}}\n");
    let installation = Installation::new(&format!("{configuration}{endpoints}"));
    installation.job(WHO);
    installation
}

/// Runs the job in the namespace. The runner's environment has what could lead it astray: a valid key of a user of the
/// other account, a region, a profile, and the SDK's switch for the metadata service.
fn run(installation: &Installation, environment: &[(&str, &str)]) -> Ended {
    let job = installation.folder().join("job.yaml");
    let arguments = ["run", job.to_str().unwrap(), "--project", "web", "--output", "json"];
    let mut command = installation.arguments_for(namespace().command(&binaries::windlass().unwrap()), &arguments);
    let stray = &namespace().seeded.reader_user;
    command.env("AWS_ACCESS_KEY_ID", &stray.access_key_id).env("AWS_SECRET_ACCESS_KEY", &stray.secret_access_key);
    command.envs([("AWS_REGION", "eu-west-1"), ("AWS_PROFILE", "stray"), ("AWS_EC2_METADATA_DISABLED", "true")]);
    command.envs(environment.iter().copied());
    let _turn = METADATA.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ended::from(command.output().unwrap())
}

/// The ARN that the step had.
#[track_caller]
fn who(ended: &Ended) -> String {
    let result: Value = serde_json::from_str(ended.ok()).unwrap();
    let outputs = &result["steps"][0]["outputs"];
    let arn = outputs["arn"].as_str().unwrap();
    assert_eq!(arn.split(':').nth(4), outputs["account"].as_str(), "AWS names one account");
    arn.to_owned()
}

/// A session of a role, as STS names it.
fn session_of(role: &str, session: &str) -> String {
    let (account, name) = role.strip_prefix("arn:aws:iam::").unwrap().split_once(":role/").unwrap();
    format!("arn:aws:sts::{account}:assumed-role/{name}/{session}")
}

/// The session that the instance metadata server gives out.
fn instance() -> String {
    session_of(&namespace().seeded.instance_role, "i-0123456789abcdef0")
}

/// The credentials endpoint of the ECS agent.
fn container_uri() -> String {
    format!("http://{}/creds", standins::CONTAINER_METADATA)
}
