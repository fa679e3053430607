//! What a step may not: before anything happens, and while it runs.

use super::{installation, job, outputs, run};
use crate::installation::assert_names;
use serde_json::json;

#[test]
fn every_place_is_held_against_its_account() {
    let installation = installation();
    for (with, code, words) in [
        ("accounts: [one], regions: [us-east-1, ap-south-1]", "account.region-refused", ["`one`", "`ap-south-1`"]),
        ("accounts: [three, one]", "account.region-missing", ["`one`", "`us-east-1`"]),
        ("accounts: [one, twoo], regions: [us-east-1]", "account.unknown", ["`twoo`", "did you mean `two`?"]),
    ] {
        assert_names(run(&installation, &job("", with, "")).failed(5, code), &words);
    }
    assert!(!installation.folder().join("data/windlass.db").exists() || executions(&installation) == 0);
}

fn executions(installation: &crate::installation::Installation) -> i64 {
    installation.database("SELECT count(*) FROM execution")[0][0].as_i64().unwrap()
}

#[test]
fn an_expression_comes_to_a_listed_account_or_the_step_does_not_run() {
    let installation = installation();
    let lines = "accounts: [one]\nregion: us-east-1\noptions: [{name: which, default: two}]\n";
    for with in [
        "accounts: ['${{ options.which }}']",
        "accounts: [one, 't${{ options.which | last }}o', '${{ options.which }}']",
        "accounts: \"${{ ['one', options.which] }}\"",
    ] {
        let ended = run(&installation, &job(lines, with, ""));
        assert_names(ended.failed(5, "account.not-listed"), &["which is not in the job's `accounts`"]);
    }
    let unlisted =
        run(&installation, &job(&lines.replace("accounts: [one]\n", ""), "accounts: ['${{ options.which }}']", ""));
    assert_names(unlisted.failed(4, "job.invalid"), &["needs `accounts` in the job"]);
}

#[test]
fn a_step_says_once_where_it_works_and_not_in_too_many_places() {
    let installation = installation();
    let lines = "accounts: [one]\noptions: [{name: which, default: one}]\n";
    for (with, step) in [
        ("accounts: [two]", ", account: one"),
        ("regions: [us-east-1]", ", account: one, region: us-east-1"),
        ("accounts: \"${{ [options.which] }}\"", ", account: one"),
    ] {
        let ended = run(&installation, &job(lines, with, step));
        assert_names(ended.failed(4, "job.invalid-step"), &["its `with` names another place", "leave out"]);
    }
    let folder = installation.folder().join("jobs");
    std::fs::create_dir(&folder).unwrap();
    let text = job("", "accounts: [two]", ", account: one");
    installation.write("jobs/who.yaml", format!("apiVersion: windlass/v1\nkind: Job\nname: who\n{text}"));
    let validated = installation.run(&["project", "validate", folder.to_str().unwrap(), "--project", "web"]);
    assert_names(validated.failed(4, "job.invalid-step"), &["has `account`", "jobs/who.yaml:4"]);

    let regions: Vec<String> = (0..51).map(|n| format!("eu-west-{n}")).collect();
    let too_many = run(&installation, &job("", &format!("accounts: [three], regions: {}", json!(regions)), ""));
    assert_names(too_many.failed(4, "job.invalid-step"), &["51 places", "at most 50"]);
}

#[test]
fn a_place_that_is_none_has_no_credentials() {
    let with = "accounts: [one], regions: [us-east-1, eu-west-1], beside: 2";
    let outputs = outputs(&run(&installation(), &job("", with, "")));
    let credentials = "credentials of place 2 were asked for, and the step has 2";
    assert_eq!(outputs["refused"], json!([credentials, "place 2 was asked for, and the step has 2"]));
}
