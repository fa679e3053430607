//! Whoever has to know where a step works: the documents, those who delete accounts, those who end what others left.

use super::{installation, job};
use crate::ground::standins;
use crate::installation::{Installation, assert_names};
use crate::stored::{apply, serve, serve_once, start};
use rustix::process::Signal;
use serde_json::{Value, json};
use windlass_tests::wait::{self, PATIENCE};

fn account(installation: &Installation, arguments: &str) -> crate::installation::Ended {
    let words: Vec<&str> = ["account"].into_iter().chain(arguments.split_whitespace()).collect();
    installation.run(&words)
}

/// The log groups in the policy of an account.
#[track_caller]
fn groups(installation: &Installation, name: &str) -> Value {
    let printed = account(installation, &format!("policy {name} --project web"));
    let policy: Value = serde_json::from_str(printed.ok()).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    statements.iter().find(|it| it["Action"] == "logs:DescribeLogStreams").unwrap()["Resource"].clone()
}

#[test]
fn the_policy_of_each_account_has_what_the_step_needs_there() {
    let installation = installation();
    let seeded = &standins().seeded;
    let arn = |region: &str, account: &str| format!("arn:aws:logs:{region}:{account}:log-group:/app/*:*");
    let both = |account: &str| json!([arn("eu-west-1", account), arn("us-east-1", account)]);
    let listed = "accounts: [one, two]\noptions: [{name: which, default: one}, {name: where, default: us-east-1}]\n";
    for (lines, with) in [
        ("", "accounts: [one, two], regions: [us-east-1, eu-west-1]"),
        (listed, "accounts: ['${{ options.which }}'], regions: ['${{ options.where }}']"),
        (listed, "accounts: \"${{ [options.which] }}\", regions: \"${{ [options.where] }}\""),
    ] {
        apply(&installation, &[("who", &job(lines, &format!("{with}, groups: ['/app/*']"), ""))]);
        assert_eq!(groups(&installation, "one"), both(&seeded.managing_account), "{with}");
        assert_eq!(groups(&installation, "two"), both(&seeded.managed_account), "{with}");
        let unused = account(&installation, "policy three --project web");
        unused.failed(5, "account.document-empty");
    }
    apply(&installation, &[("who", &job("", "accounts: [one], regions: [us-east-1], groups: [/app]", ""))]);
    let only = format!("arn:aws:logs:us-east-1:{}:log-group:/app:*", seeded.managing_account);
    assert_eq!(groups(&installation, "one"), json!(only));
    let caller = account(&installation, "policy --project web --caller");
    assert_names(caller.ok(), &["role/PlacesMANAGING"]);
}

#[test]
fn an_account_that_a_step_names_is_in_use() {
    let installation = installation();
    account(&installation, "add four --project web --aws-account one").ok();
    apply(&installation, &[("who", &job("", "accounts: [one, four], regions: [us-east-1]", ""))]);
    let refused = account(&installation, "delete four --project web --yes");
    assert_names(refused.failed(5, "account.in-use"), &["job `web/who` names it"]);

    let without = ["--plugin-dir", installation.folder().to_str().unwrap()];
    let unknown =
        installation.run(&[&["account", "delete", "four", "--project", "web", "--yes"][..], &without].concat());
    assert_names(
        unknown.failed(5, "account.in-use"),
        &["job `web/who` may name it, in a step of type `places/callers`, which is not known here"],
    );
    apply(&installation, &[("who", &job("", "accounts: [one], regions: [us-east-1], groups: [four]", ""))]);
    account(&installation, "delete four --project web --yes").ok();
}

/// An installation whose server was killed while the step of this job was in flight.
fn killed(lines: &str) -> Installation {
    let installation = installation();
    apply(&installation, &[("hangs", lines)]);
    let server = serve(&installation, "killed-");
    start(&installation, "hangs", &[]);
    let count = "SELECT count(*) FROM step_execution WHERE checkpoint = 'places'";
    let look = || Ok((installation.database(count) == [[1]]).then_some(()));
    wait::until("the checkpoint", PATIENCE, look).unwrap();
    server.signal(Signal::KILL);
    assert_eq!(server.ended().code, None);
    installation
}

/// Whoever ends what it had begun does so where it had begun it.
#[test]
fn what_was_left_is_ended_in_every_place() {
    let lines = "region: us-east-1\naccounts: [one, two]\noptions: [{name: which, default: two}]\n";
    let installation = killed(&job(lines, "accounts: [one, '${{ options.which }}'], hangs: true", ""));
    let next = serve_once(&installation);
    let seeded = &standins().seeded;
    for (name, id) in [("one", &seeded.managing_account), ("two", &seeded.managed_account)] {
        assert_names(&next.stderr, &[&format!("{name} in us-east-1 as arn:aws:sts::{id}:assumed-role/Places")]);
    }
}

/// Earlier versions recorded the region alone, beside the step's account.
#[test]
fn what_an_earlier_version_left_is_ended_where_it_was() {
    let installation = killed(&job("account: two\nregion: us-east-1\n", "hangs: true", ""));
    let earlier = json!({"with": {"hangs": true}, "secrets": {}, "region": "eu-west-1"});
    installation.database(&format!("UPDATE step_execution SET called_with = '{earlier}' WHERE step = 'who'"));
    assert_names(
        &serve_once(&installation).stderr,
        &["two in eu-west-1 as arn:aws:sts::444455556666:assumed-role/Places"],
    );
}
