//! The step `sts/validate-credentials`.

use super::{EXTERNAL_ID, LOOKS, account, installation, role};
use crate::ground::standins;
use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};

fn run(installation: &Installation, with: &str) -> Ended {
    let query = "{id: lines, uses: cloudwatch-logs/query, if: false, \
                 with: {logGroups: [/web/access], query: fields @message}}";
    installation
        .job(&format!("steps:\n  - {{id: valid, uses: sts/validate-credentials, with: {with}}}\n  - {query}\n"));
    installation.run_job(&["--output", "json"])
}

#[track_caller]
fn step(ended: &Ended) -> Value {
    let result: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    result["steps"][0].clone()
}

#[test]
fn it_is_verify_for_the_account_of_the_step() {
    let actions = ["logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery", "sts:GetCallerIdentity"];
    role("VerifiedByStep", Some(EXTERNAL_ID), &[&actions[..], &LOOKS].concat());
    let installation = installation(&[account("prod", "VerifiedByStep")], &[]);
    let ended = run(&installation, "{}");
    ended.ok();
    let step = step(&ended);
    let outputs = &step["outputs"];
    assert_eq!((&outputs["valid"], &outputs["accountId"]), (&json!(true), &json!(standins().seeded.managed_account)));
    assert_names(outputs["arn"].as_str().unwrap(), &[":assumed-role/VerifiedByStep/windlass-web-test"]);
    let checks = |of: &Value| -> Vec<String> {
        of.as_array().unwrap().iter().map(|it| format!("{} {}", it["check"], it["result"]).replace('"', "")).collect()
    };
    let wanted = [
        "credentials ok",
        "caller ok",
        "assume-role ok",
        "external-id ok",
        "trust-policy ok",
        "region ok",
        "actions ok",
        "long-lived-key warning",
    ];
    assert_eq!(checks(&outputs["findings"]), wanted);
    assert_eq!(checks(&step["tables"]["findings"]), wanted);
}

#[test]
fn what_fails_fails_the_step_or_is_told() {
    role("VerifiedByStepPoor", None, &[&["logs:GetQueryResults"][..], &LOOKS].concat());
    // By another name: what steps need of it is needed of the account behind it.
    let another = json!({"name": "another", "source": {"account": "prod"}});
    let installation = installation(&[another, account("prod", "VerifiedByStepPoor")], &[]);
    let ended = run(&installation, "{}");
    let error = ended.failed(5, "account.verify-failed");
    assert_names(error, &["`valid`", "`works-without-external-id`", "role/VerifiedByStepPoor"]);
    let told = run(&installation, "{failOnFindings: false, externalIdCheck: false}");
    told.ok();
    let outputs = step(&told)["outputs"].clone();
    assert_eq!(outputs["valid"], false);
    let failed: Vec<&Value> =
        outputs["findings"].as_array().unwrap().iter().filter(|it| it["result"] == "failed").collect();
    let whats = format!("{failed:?}");
    assert_names(
        &whats,
        &["no-external-id", "`logs:StartQuery`", "`logs:StopQuery`", "account policy another --job web/test"],
    );
    assert!(!whats.contains("GetQueryResults") && !whats.contains("works-without"), "{whats}");
}

#[test]
fn only_a_step_type_that_declares_it_has_its_account_tried() {
    role("VerifiedByNobody", Some(EXTERNAL_ID), &["sts:GetCallerIdentity"]);
    let installation = installation(&[account("prod", "VerifiedByNobody")], &[]);
    installation.job("steps: [{id: other, uses: misbehave/leak, with: {channel: verify}}]\n");
    let ended = installation.run_job(&["--output", "json"]);
    assert_names(ended.failed(1, "step.failed"), &["does not declare that it has its account tried"]);
}
