//! Each source, alone and with a role assumed from it.

use super::{container_uri, installation, instance, run, session_of, who};
use crate::ground::namespace;
use windlass_tests::seeded::UserKey;
use windlass_tests::standins::CONTAINER_TOKEN;

const TOKEN: (&str, &str) = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", CONTAINER_TOKEN);
const KEY: &str = "keys/project/web/operator";

/// The account's keys for a role of the other account.
fn reader() -> String {
    let seeded = &namespace().seeded;
    let role = seeded.reader_role.split_once(":role/").unwrap().1;
    format!("accountId: {}, assumeRole: role/{role}, externalId: {}", seeded.managed_account, seeded.external_id)
}

/// A session of that role has the default name, `windlass-PROJECT-JOB`.
fn reader_session() -> String {
    session_of(&namespace().seeded.reader_role, "windlass-web-test")
}

fn managing(source: &str) -> String {
    format!("accountId: {}, source: {source}", namespace().seeded.managing_account)
}

fn task_session() -> String {
    session_of(&namespace().seeded.task_role, "0123456789abcdef0123456789abcdef")
}

fn access_key(key: &UserKey) -> String {
    format!("{{access-key: {{accessKeyId: {}, secretAccessKey: {KEY}}}}}", key.access_key_id)
}

#[test]
fn the_role_of_the_instance() {
    let installation = installation(&managing("ec2-instance-role"));
    assert_eq!(who(&run(&installation, &[])), instance());
}

#[test]
fn a_role_of_another_account_from_the_role_of_the_instance() {
    let installation = installation(&format!("source: ec2-instance-role, {}", reader()));
    assert_eq!(who(&run(&installation, &[])), reader_session());
}

#[test]
fn the_role_of_the_task_by_a_relative_uri() {
    let installation = installation(&managing("ecs-task-role"));
    let relative = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds");
    assert_eq!(who(&run(&installation, &[relative, TOKEN])), task_session());
}

#[test]
fn the_role_of_the_task_by_a_full_uri() {
    let installation = installation(&managing("ecs-task-role"));
    let uri = container_uri();
    assert_eq!(who(&run(&installation, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri), TOKEN])), task_session());
}

/// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` comes before the variable with the token itself (AWS SDKs and Tools Reference
/// Guide, "Container credential provider").
#[test]
fn a_token_file_wins_over_a_token() {
    let installation = installation(&managing("ecs-task-role"));
    let file = installation.write("token", format!("{CONTAINER_TOKEN}\n"));
    let (uri, wrong) = (container_uri(), ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "wrong"));
    let file = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap());
    assert_eq!(who(&run(&installation, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri), wrong, file])), task_session());
}

#[test]
fn a_role_from_the_role_of_the_task() {
    let installation = installation(&format!("source: ecs-task-role, {}", reader()));
    let relative = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds");
    assert_eq!(who(&run(&installation, &[relative, TOKEN])), reader_session());
}

#[test]
fn an_access_key_with_its_secret_in_key_storage() {
    let operator = &namespace().seeded.operator_user;
    let installation = installation(&managing(&access_key(operator)));
    installation.set_key(KEY, &operator.secret_access_key);
    assert_eq!(who(&run(&installation, &[])), operator.arn);
}

#[test]
fn a_role_from_an_access_key() {
    let operator = &namespace().seeded.operator_user;
    let installation = installation(&format!("source: {}, {}", access_key(operator), reader()));
    installation.set_key(KEY, &operator.secret_access_key);
    assert_eq!(who(&run(&installation, &[])), reader_session());
}

/// `ops` stands in both files; the others, which `AWS_PROFILE` and the default name, have the stray key.
fn run_with_profiles(account: &str) -> String {
    let installation = installation(account);
    let (ops, stray) = (&namespace().seeded.operator_user, &namespace().seeded.reader_user);
    let keys = |key: &UserKey| {
        format!("aws_access_key_id = {}\naws_secret_access_key = {}\n", key.access_key_id, key.secret_access_key)
    };
    let (ops, stray) = (keys(ops), keys(stray));
    let config = installation.write("config", "[default]\nregion = eu-west-1\n[profile ops]\nregion = eu-west-1\n");
    let credentials = installation.write("credentials", format!("[default]\n{stray}[stray]\n{stray}[ops]\n{ops}"));
    let config = ("AWS_CONFIG_FILE", config.to_str().unwrap());
    who(&run(&installation, &[config, ("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().unwrap())]))
}

#[test]
fn a_profile_of_the_shared_files() {
    assert_eq!(run_with_profiles(&managing("{profile: ops}")), namespace().seeded.operator_user.arn);
}

#[test]
fn a_role_from_a_profile() {
    assert_eq!(run_with_profiles(&format!("source: {{profile: ops}}, {}", reader())), reader_session());
}
