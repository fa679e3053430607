//! Sources and roles that refuse. Each error names the account, its scope, its source, its role, and what to do.

use super::{container_uri, installation, run};
use crate::ground::namespace;
use crate::installation::assert_names;

/// Runs with the role of the instance and these keys of the account; the error of a denied role.
fn denied(role: &str, rest: &str) -> String {
    let account = role.split(':').nth(4).unwrap();
    let installation =
        installation(&format!("accountId: {account}, source: ec2-instance-role, assumeRole: '{role}'{rest}"));
    let error = run(&installation, &[]).failed(5, "account.role-denied").to_owned();
    let remedy = format!("must name `{}`", namespace().seeded.instance_role);
    let allowed = format!("allow `sts:AssumeRole` on `{role}`");
    assert_names(&error, &["`prod`", "project `web`", "source `ec2-instance-role`", role, &remedy, &allowed]);
    error
}

#[test]
fn a_role_that_trusts_somebody_else() {
    let seeded = &namespace().seeded;
    let error = denied(&seeded.closed_role, &format!(", externalId: {}", seeded.external_id));
    assert!(error.contains("must equal the account's `externalId`"), "{error}");
}

#[test]
fn a_wrong_external_id() {
    let error = denied(&namespace().seeded.reader_role, ", externalId: windlass-demo-0000");
    assert!(error.contains("must equal the account's `externalId`"), "{error}");
}

#[test]
fn a_missing_external_id() {
    let error = denied(&namespace().seeded.reader_role, "");
    assert!(error.contains("the account needs that `externalId`"), "{error}");
}

#[test]
fn a_user_is_denied_under_its_own_name() {
    let (seeded, path) = (&namespace().seeded, "keys/project/web/operator");
    let (key, role) = (&seeded.operator_user, &seeded.closed_role);
    let source = format!("{{access-key: {{accessKeyId: {}, secretAccessKey: {path}}}}}", key.access_key_id);
    let installation = installation(&format!("source: {source}, assumeRole: '{role}'"));
    installation.set_key(path, &key.secret_access_key);
    let ended = run(&installation, &[]);
    let error = ended.failed(5, "account.role-denied");
    assert_names(error, &["`prod`", "source `access-key`", role, &format!("must name `{}` as principal", key.arn)]);
}

#[test]
fn another_account_than_sts_says() {
    let seeded = &namespace().seeded;
    let installation = installation(&format!("accountId: {}, source: ec2-instance-role", seeded.managed_account));
    let ended = run(&installation, &[]);
    let place = installation.place_of("prod, regions");
    let error = ended.failed(5, "account.mismatch");
    assert_names(error, &["`prod`", "project `web`", &seeded.managing_account, &seeded.managed_account, &place]);
}

#[test]
fn a_secret_that_is_not_the_keys_own() {
    let key = &namespace().seeded.operator_user;
    let path = "keys/project/web/operator";
    let source = format!("{{access-key: {{accessKeyId: {}, secretAccessKey: {path}}}}}", key.access_key_id);
    let installation = installation(&format!("accountId: {}, source: {source}", namespace().seeded.managing_account));
    installation.set_key(path, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let ended = run(&installation, &[]);
    let error = ended.failed(5, "account.source-refused");
    let remedy = format!("`{path}` is not the secret of `{}`", key.access_key_id);
    assert_names(error, &["`prod`", "project `web`", "source `access-key`", &remedy]);
    assert!(!ended.stderr.contains("wJalr") && !ended.stdout.contains("wJalr"), "{ended:?}");
}

#[test]
fn a_wrong_container_token() {
    let installation = installation("source: ecs-task-role");
    let uri = container_uri();
    let token = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic recognisable");
    let ended = run(&installation, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri), token]);
    let error = ended.failed(5, "account.source-refused");
    let remedy = "the token of `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` (or `AWS_CONTAINER_AUTHORIZATION_TOKEN`)";
    assert_names(error, &["`prod`", "source `ecs-task-role`", "http://169.254.170.2", "HTTP 401", remedy]);
    assert!(!ended.stderr.contains("recognisable"), "{ended:?}");
}

#[test]
fn an_access_key_in_the_environment_is_no_task_role() {
    let ended = run(&installation("source: ecs-task-role"), &[]);
    let error = ended.failed(5, "account.no-role");
    let variables = ["`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`", "`AWS_CONTAINER_CREDENTIALS_FULL_URI`"];
    assert_names(error, &["`prod`", "project `web`", "source `ecs-task-role`", variables[0], variables[1]]);
}

#[test]
fn a_profile_that_is_not_there() {
    let installation = installation("source: {profile: ops}");
    let file = installation.write("config", "[profile other]\nregion = us-east-1\n");
    let ended = run(&installation, &[("AWS_CONFIG_FILE", file.to_str().unwrap())]);
    let error = ended.failed(5, "account.profile-unusable");
    assert_names(error, &["`prod`", "profile `ops`", "`aws sts get-caller-identity --profile ops` must work"]);
}
