//! Which account and region a step gets, and secrets that are not there.

use super::{WHO, installation_of, instance, run, who};
use crate::ground::namespace;
use crate::installation::{Ended, Installation, assert_names};
use serde_json::Value;
use std::fs;

/// The system's `prod` has a key, a role and a region of its own; the project's has none of them.
fn shadowing() -> Installation {
    let seeded = &namespace().seeded;
    let (managing, managed, role) = (&seeded.managing_account, &seeded.managed_account, &seeded.closed_role);
    installation_of(&format!(
        "defaultAccount: prod
accounts:
  - name: prod
    accountId: {managed}
    source: {{access-key: {{accessKeyId: AKIAOFTHESYSTEM, secretAccessKey: keys/system}}}}
    assumeRole: {role}
    externalId: of-the-system
    regions: [eu-west-1]
projects:
  - name: web
    accounts: [{{name: prod, accountId: {managing}, source: ec2-instance-role, defaultRegion: us-east-1}}]
  - name: shop
"
    ))
}

#[test]
fn an_account_of_the_project_hides_the_systems_as_a_whole() {
    assert_eq!(who(&run(&shadowing(), &[])), instance());
}

#[test]
fn explain_says_what_is_hidden() {
    let installation = shadowing();
    let (own, hidden) = (installation.place_of("prod, accountId"), installation.place_of("prod\n    accountId"));
    let explain =
        |more: &[&str]| installation.run(&[&["account", "explain", "prod", "--project", "web"], more].concat());
    let text = explain(&[]).ok().to_owned();
    assert_names(&text, &[&format!("`prod` of project `web` ({own})"), &format!("`prod` of the system ({hidden})")]);
    for of_the_system in ["AKIAOFTHESYSTEM", "keys/system", "then role", "of-t", "eu-west-1"] {
        assert!(!text.contains(of_the_system), "{text}");
    }
    let json: Value = serde_json::from_str(explain(&["--output", "json"]).ok()).unwrap();
    assert_eq!(json["hides"]["definedAt"], hidden);
    assert_eq!(json["accountId"], namespace().seeded.managing_account);
    assert_eq!(json["hops"].as_array().unwrap().len(), 1);
    assert_eq!(json["region"]["name"], "us-east-1");
}

#[test]
fn another_project_gets_the_systems_account() {
    let installation = shadowing();
    let explained = installation.run(&["account", "explain", "--project", "shop"]);
    let role = &namespace().seeded.closed_role;
    assert_names(explained.ok(), &["`prod` of the system", "`defaultAccount`", "AKIAOFTHESYSTEM", role, "eu-west-1"]);
    assert!(!explained.stdout.contains("of-the-system"), "its beginning is enough: {}", explained.stdout);
}

/// Project `web` with these accounts; nothing of it is ever asked for credentials.
fn with_accounts(accounts: &str, job: &str) -> (Installation, Ended) {
    let installation = Installation::new(&format!("projects: [{{name: web, accounts: [{accounts}]}}]\n"));
    installation.job(&format!("{job}\n{WHO}"));
    let ended = installation.run_job(&[]);
    (installation, ended)
}

const TWO_REGIONS: &str = "{name: prod, source: ec2-instance-role, regions: [us-east-1, eu-west-1]}";

#[test]
fn an_unknown_account_is_met_with_the_nearest() {
    let (_installation, ended) = with_accounts(TWO_REGIONS, "account: prdo");
    let error = ended.failed(5, "account.unknown");
    assert_names(error, &["`prdo`", "project `web`", "the job names it", "did you mean `prod`?"]);
}

#[test]
fn no_account_at_all() {
    let (_installation, ended) = with_accounts(TWO_REGIONS, "");
    let error = ended.failed(5, "account.none");
    assert_names(error, &["job `test`", "set `account` in the step or the job", "accounts of project `web`: `prod`"]);
}

#[test]
fn a_region_that_nobody_names() {
    let (installation, ended) = with_accounts(TWO_REGIONS, "account: prod");
    let error = ended.failed(5, "account.region-missing");
    let place = installation.place_of("prod, source");
    assert_names(error, &["account `prod` of project `web`", &place, "`defaultRegion`", "`us-east-1`, `eu-west-1`"]);
}

#[test]
fn a_region_outside_the_accounts() {
    let (installation, ended) = with_accounts(TWO_REGIONS, "account: prod\nregion: us-east-2");
    let error = ended.failed(5, "account.region-refused");
    let place = installation.place_of("prod, source");
    assert_names(
        error,
        &["`prod`", "project `web`", "`us-east-2`; the job says so", &place, "`us-east-1`, `eu-west-1`"],
    );
}

const KEY: &str = "{name: prod, source: {access-key: {accessKeyId: AKIAEXAMPLE, secretAccessKey: keys/project/web/aws}}, \
                   defaultRegion: us-east-1}";

fn with_key() -> Installation {
    let installation = Installation::new(&format!("projects: [{{name: web, accounts: [{KEY}]}}]\n"));
    installation.job(&format!("account: prod\n{WHO}"));
    installation
}

#[test]
fn a_secret_that_was_never_stored() {
    let installation = with_key();
    let account = ["`prod`", "project `web`", "source `access-key`", "no secret at `keys/project/web/aws`"];
    let ended = installation.run_job(&[]);
    let error = ended.failed(6, "key.not-found");
    assert_names(error, &account);
    assert_names(error, &["`windlass key set keys/project/web/aws`"]);

    installation.set_key("keys/project/web/awz", "secret");
    let ended = installation.run_job(&[]);
    let error = ended.failed(6, "key.not-found");
    assert_names(error, &account);
    assert_names(error, &["did you mean `keys/project/web/awz`?"]);
}

#[test]
fn a_master_key_that_is_gone() {
    let installation = with_key();
    installation.set_key("keys/project/web/aws", "secret");
    let file = installation.folder().join("master.key");
    fs::remove_file(&file).unwrap();
    let ended = installation.run_job(&[]);
    let error = ended.failed(6, "key.master-missing");
    assert_names(error, &[&format!("`{}`", file.display()), "from its backup"]);
    assert!(!file.exists(), "a new master key would open none of the secrets");
}

#[test]
fn another_master_key() {
    let (installation, other) = (with_key(), with_key());
    for one in [&installation, &other] {
        one.set_key("keys/project/web/aws", "secret");
    }
    let file = installation.folder().join("master.key");
    fs::copy(other.folder().join("master.key"), &file).unwrap();
    let ended = installation.run_job(&[]);
    let error = ended.failed(6, "key.master-mismatch");
    assert_names(error, &[&format!("`{}`", file.display()), "restore the master key with id"]);
}
