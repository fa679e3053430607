//! Trust policies that are checked.

use super::{PRINCIPAL, account, installation};
use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::Stdio;

const CHECK: &str = "trust prod --project web --check";

fn policy(principal: &Value, condition: &Value) -> String {
    let statement = json!({
        "Sid": "Own", "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition,
    });
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn external_id() -> Value {
    json!({"StringEquals": {"sts:ExternalId": "windlass-web-7f3a"}})
}

fn checked(installation: &Installation, text: &str) -> Ended {
    let file = installation.write("trust.json", text);
    account(installation, &format!("{CHECK} {}", file.display()))
}

fn piped(installation: &Installation, arguments: &str, text: &str) -> Ended {
    let words: Vec<&str> = ["account"].into_iter().chain(arguments.split_whitespace()).collect();
    let mut command = installation.command(&words);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    Ended::from(child.wait_with_output().unwrap())
}

#[test]
fn what_is_printed_passes() {
    let installation = installation();
    for principal in [PRINCIPAL, "111122223333"] {
        let printed = account(&installation, &format!("trust prod --project web --principal {principal}"));
        let ended = checked(&installation, printed.ok());
        assert_eq!(ended.ok(), "", "a check says nothing on standard output");
        assert_names(&ended.stderr, &["with the account's external ID only"]);
    }
    let services = account(&installation, "trust --for ec2,ecs-tasks,ecs-service,ecs-autoscaling,ec2");
    checked(&installation, services.ok()).ok();
}

#[test]
fn each_finding_has_its_place_its_reason_and_its_remedy() {
    let installation = installation();
    let everybody = policy(&json!({"AWS": [PRINCIPAL, "*"]}), &json!({"StringLike": {"sts:ExternalId": "*"}}));
    let ended = checked(&installation, &everybody);
    let error = ended.failed(5, "account.trust-unsafe");
    assert_names(
        error,
        &[
            "statement 1 (`Own`): the principal `*` is everybody: every identity of every AWS account can assume the role",
            "help: name the role or user that Windlass authenticates as by its ARN",
            "`StringLike` does not bind `sts:ExternalId`: a pattern fits other external IDs",
            "windlass account trust",
        ],
    );
    assert_eq!(ended.stdout, "");
    let json = account(&installation, &format!("{CHECK} {}/trust.json --output json", installation.folder().display()));
    json.failed(5, "account.trust-unsafe");
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["safe"], false);
    let kinds: Vec<&Value> = json["findings"].as_array().unwrap().iter().map(|finding| &finding["kind"]).collect();
    assert_eq!(kinds, ["everybody", "vain-external-id"]);
    assert_eq!((&json["findings"][0]["statement"], &json["findings"][0]["sid"]), (&json!(1), &json!("Own")));
}

#[test]
fn the_external_id_is_looked_for_only_with_an_account_that_has_one() {
    let installation = installation();
    let without = policy(&json!({ "AWS": PRINCIPAL }), &json!({}));
    let ended = checked(&installation, &without);
    assert_names(ended.failed(5, "account.trust-unsafe"), &["nothing asks for the account's external ID"]);
    for account_of in ["trust", "trust open --project web"] {
        let ended = piped(&installation, &format!("{account_of} --check -"), &without);
        ended.ok();
        assert_names(&ended.stderr, &["no account with an external ID was named"]);
    }
}

#[test]
fn the_form_that_iam_returns_is_read_from_a_pipe() {
    let installation = installation();
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    piped(&installation, &format!("{CHECK} -"), &encode(&policy(&json!({ "AWS": PRINCIPAL }), &external_id()))).ok();
    let ended = piped(&installation, &format!("{CHECK} -"), &encode(&policy(&json!("*"), &external_id())));
    assert_names(ended.failed(5, "account.trust-unsafe"), &["`*` is everybody"]);
}

#[test]
fn what_is_no_policy_is_no_pass() {
    let installation = installation();
    for (text, said) in [
        (r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Principal": {}, "Action": "*"}}"#, "duplicate field"),
        ("{\"Statement\": []", "EOF"),
        ("", "EOF"),
    ] {
        let ended = checked(&installation, text);
        assert_names(ended.failed(5, "account.document-unreadable"), &["trust.json` is no policy document", said]);
    }
    let nowhere = account(&installation, &format!("{CHECK} /nowhere/trust.json"));
    assert_names(nowhere.failed(5, "account.document-unreadable"), &["`/nowhere/trust.json`"]);
}
