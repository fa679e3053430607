//! A step that works in several accounts and regions: whom it is there, what is refused, and who knows of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod known;
mod refused;

use crate::ground::standins;
use crate::iam::{allow, lets_all, role, user};
use crate::installation::{Ended, Installation};
use serde_json::{Value, json};
use std::sync::OnceLock;
use windlass_tests::Recording;
use windlass_tests::seeded::UserKey;

const KEY: &str = "keys/aws";

/// A user, and a role of each AWS account that it may assume.
fn identities() -> &'static (UserKey, [String; 2]) {
    static IDENTITIES: OnceLock<(UserKey, [String; 2])> = OnceLock::new();
    IDENTITIES.get_or_init(|| {
        let user = user("places");
        lets_all("places");
        let trust = allow(&json!({ "Principal": { "AWS": user.arn }, "Action": "sts:AssumeRole" }));
        let all = allow(&json!({ "Action": "*", "Resource": "*" }));
        let roles = ["MANAGING", "MANAGED"].map(|whose| role(whose, &format!("Places{whose}"), &trust, &all));
        (user, roles)
    })
}

/// Accounts `one` and `two` in two regions each, and `three`, all of project `web`; STS at this address.
fn installation_at(sts: &str) -> Installation {
    let (user, [one, two]) = identities();
    let installation = Installation::new(&format!(
        "accounts: [{{name: central, source: {{access-key: {{accessKeyId: {}, secretAccessKey: {KEY}}}}}}}]
projects:
  - name: web
    accounts:
      - {{name: one, source: {{account: central}}, assumeRole: '{one}', regions: [eu-west-1, us-east-1]}}
      - {{name: two, source: {{account: central}}, assumeRole: '{two}', regions: [eu-west-1, us-east-1]}}
      - {{name: three, source: {{account: central}}, defaultRegion: us-east-1}}
endpoints: {{sts: '{sts}'}}
",
        user.access_key_id,
    ));
    installation.set_key(KEY, &user.secret_access_key);
    installation
}

fn installation() -> Installation {
    installation_at(&standins().services_url())
}

/// The lines of a job with one step, and more keys of it.
fn job(job: &str, with: &str, step: &str) -> String {
    format!("{job}steps: [{{id: who, uses: places/callers, with: {{{with}}}{step}}}]\n")
}

fn run(installation: &Installation, lines: &str) -> Ended {
    installation.job(lines);
    installation.run_job(&["--output", "json"])
}

/// The outputs of the only step.
#[track_caller]
fn outputs(ended: &Ended) -> Value {
    let result: Value = serde_json::from_str(ended.ok()).unwrap();
    result["steps"][0]["outputs"].clone()
}

/// `account region` of each place, in order. AWS says that the step is who the account names.
#[track_caller]
fn places(ended: &Ended) -> Vec<String> {
    let (outputs, seeded) = (outputs(ended), &standins().seeded);
    let callers = outputs["callers"].as_array().unwrap();
    assert_eq!(outputs["first"], callers[0]["arn"]);
    for caller in callers {
        let id = if caller["account"] == "two" { &seeded.managed_account } else { &seeded.managing_account };
        assert_eq!(caller["arn"].as_str().unwrap().split(':').nth(4).unwrap(), id, "{caller}");
        let known = if caller["account"] == "three" { Value::Null } else { json!(id) };
        assert_eq!(caller["accountId"], known, "{caller}");
    }
    let place =
        |caller: &Value| format!("{} {}", caller["account"].as_str().unwrap(), caller["region"].as_str().unwrap());
    callers.iter().map(place).collect()
}

/// The log groups that each session was narrowed to: the role's AWS account, and the ARNs.
fn narrowed(sts: &Recording) -> Vec<(String, Vec<String>)> {
    let asked = sts.asked().replace("%3A", ":").replace("%2F", "/").replace("%2A", "*");
    let one = |asked: &str| {
        let account = asked.split("RoleArn=arn:aws:iam::").nth(1).unwrap()[..12].to_owned();
        let arns = asked.split("arn:aws:logs:").skip(1);
        (account, arns.map(|arn| arn.split("%22").next().unwrap().to_owned()).collect())
    };
    let mut narrowed: Vec<(String, Vec<String>)> = asked.split("Action=AssumeRole&").skip(1).map(one).collect();
    narrowed.sort();
    narrowed
}

#[test]
fn a_step_works_in_each_account_and_region_with_what_it_needs_there() {
    let sts = Recording::of(&standins().services_url()).unwrap();
    let installation = installation_at(&sts.url());
    let with = "accounts: [two, one, two], regions: [us-east-1, eu-west-1], groups: ['/app/*']";
    let ended = run(&installation, &job("", with, ""));
    assert_eq!(places(&ended), ["two us-east-1", "two eu-west-1", "one us-east-1", "one eu-west-1"]);
    let seeded = &standins().seeded;
    let arns = |account: &String| {
        ["eu-west-1", "us-east-1"]
            .map(|region| (account.clone(), vec![format!("{region}:{account}:log-group:/app/*:*")]))
    };
    assert_eq!(narrowed(&sts), [arns(&seeded.managing_account), arns(&seeded.managed_account)].concat());
    let execution: Value = serde_json::from_str(&ended.stdout).unwrap();
    let id = execution["execution"].as_str().unwrap();
    let shown = installation.run(&["execution", "show", id]);
    assert!(shown.ok().contains("two, one"), "{}", shown.stdout);
}

#[test]
fn what_is_not_named_is_what_it_always_was() {
    let installation = installation();
    for (of_job, with, step, expected) in [
        ("account: two\nregion: eu-west-1\n", "", "", &["two eu-west-1"][..]),
        ("account: two\n", "regions: [us-east-1, eu-west-1]", "", &["two us-east-1", "two eu-west-1"]),
        ("account: two\nregion: eu-west-1\n", "accounts: [one, three]", "", &["one eu-west-1", "three eu-west-1"]),
        ("", "accounts: [two, one]", ", region: us-east-1", &["two us-east-1", "one us-east-1"]),
        ("", "accounts: [three]", "", &["three us-east-1"]),
        ("", "accounts: []", ", account: three", &["three us-east-1"]),
    ] {
        assert_eq!(places(&run(&installation, &job(of_job, with, step))), expected, "{of_job}{with}{step}");
    }
}

#[test]
fn expressions_come_to_what_the_job_lists() {
    let installation = installation();
    let listed = "accounts: [one, two]\nregion: us-east-1\noptions: [{name: which, default: two}, {name: none}]\n";
    for (with, step, expected) in [
        ("accounts: [one, '${{ options.which }}']", "", &["one us-east-1", "two us-east-1"][..]),
        ("accounts: \"${{ [options.which, 'one'] }}\"", "", &["two us-east-1", "one us-east-1"]),
        ("accounts: '${{ options.none }}'", ", account: one", &["one us-east-1"]),
    ] {
        assert_eq!(places(&run(&installation, &job(listed, with, step))), expected, "{with}");
    }
}
