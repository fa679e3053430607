//! Spinnaker's `aws` and `ecs` blocks in our own file, as its documentation prints them.

use crate::installation::{Installation, assert_names};
use serde_json::Value;

const BLOCKS: &str = "projects: [{name: web}]
aws:
  enabled: true

  accounts:
    - name: aws-account-name
      accountId: \"123456789012\"
      regions:
        - name: us-east-1
  defaultAssumeRole: role/SpinnakerManaged

ecs:
  enabled: true
  accounts:
    - name: ecs-account-name
      awsAccount: aws-account-name
";
const CENTRAL: &str = "managingAccount: central\naccounts: [{name: central, source: ec2-instance-role}]\n";

#[test]
fn an_ecs_account_is_its_aws_account() {
    let installation = Installation::new(&format!("{CENTRAL}{BLOCKS}"));
    let arguments = ["account", "explain", "ecs-account-name", "--project", "web", "--output", "json"];
    let explained = installation.run(&arguments);
    let explained: Value = serde_json::from_str(explained.ok()).unwrap();
    let arns: Vec<&str> = explained["hops"].as_array().unwrap().iter().filter_map(|hop| hop["arn"].as_str()).collect();
    assert_eq!(arns, ["arn:aws:iam::123456789012:role/SpinnakerManaged"], "{explained}");
}

#[test]
fn without_a_managing_account_only_theirs_are_unusable() {
    let own = "accounts: [{name: own, source: ec2-instance-role}]\n";
    let installation = Installation::new(&format!("{own}{BLOCKS}"));
    for (name, words) in [
        ("aws-account-name", &["`managingAccount` is not set"][..]),
        ("ecs-account-name", &["starts from `aws-account-name`", "`managingAccount` is not set"]),
    ] {
        let explained = installation.run(&["account", "explain", name, "--project", "web"]);
        assert_names(explained.failed(5, "account.unusable"), words);
    }
    installation.run(&["account", "explain", "own", "--project", "web"]).ok();
}

/// An account without its external ID would be another one. Who imports the file is told the same.
#[test]
fn a_misspelt_key_stops_its_account_and_no_other() {
    let slip = "    - {name: misspelt, accountId: \"123456789012\", externalID: an-id}\n";
    let blocks = BLOCKS.replace("  defaultAssumeRole", &format!("{slip}  defaultAssumeRole"));
    let installation = Installation::new(&format!("{CENTRAL}{blocks}"));
    let place = installation.place_of("externalID");
    let words = [&place, "unknown key `externalID`", "did you mean `externalId`?"];
    let explain = |name: &str| installation.run(&["account", "explain", name, "--project", "web"]);
    assert_names(explain("misspelt").failed(5, "account.unusable"), &words);
    explain("aws-account-name").ok();
    explain("ecs-account-name").ok();

    let importing = Installation::new(CENTRAL);
    let file = importing.write("clouddriver.yml", blocks.replace("projects: [{name: web}]\n", ""));
    let ended = importing.run(&["account", "import", "--from", file.to_str().unwrap()]);
    assert_names(ended.failed(5, "account.import-incomplete"), &["1 of 3 accounts"]);
    assert_names(
        &ended.stdout,
        &["refused: ", "clouddriver.yml:9:", "unknown key `externalID`", "did you mean `externalId`?"],
    );
    let listed = importing.run(&["account", "list", "--output", "json"]);
    let listed: Value = serde_json::from_str(listed.ok()).unwrap();
    let mut names: Vec<&str> = listed.as_array().unwrap().iter().filter_map(|it| it["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["aws-account-name", "central", "ecs-account-name"]);
}

#[test]
fn a_secret_is_refused_and_shown_nowhere() {
    let installation = Installation::new("aws:\n  accessKeyId: AKIAIOSFODNN7EXAMPLE\n  secretAccessKey: hunter2\n");
    let shown = installation.run(&["config", "show"]);
    let error = shown.failed(3, "config.invalid");
    assert_names(error, &[&installation.place_of("hunter2"), "windlass account import --from FILE", "keys/..."]);
    assert!(!format!("{}{}", shown.stdout, shown.stderr).contains("hunter2"), "{error}");
}
