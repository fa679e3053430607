//! What a step may leave beside its log: charts, files, checkpoints; and the secrets that it is given.

use super::{job, printed};
use crate::installation::{Installation, assert_names};
use serde_json::{Value, json};

const KEEPER: &str = "limits: {cancelGrace: 0s}\nprojects: [{name: web}]\n";

#[test]
fn a_chart_and_a_file_are_kept() {
    let installation = job("steps: [{id: offer, uses: misbehave/offer, with: {fileBytes: 1000000}}]\n");
    installation.run_job(&[]).ok();
    let file = "SELECT bytes, rows, content_type FROM artifact WHERE name = 'bytes.bin'";
    assert_eq!(json!(installation.database(file)), json!([[1_000_000, 0, "application/octet-stream"]]));
    let charts = installation.database("SELECT name, definition FROM chart");
    let definition: Value = serde_json::from_str(charts[0][1].as_str().unwrap()).unwrap();
    let expected = json!({"chart": "errors", "title": "Errors", "kind": "line", "table": "per hour", "x": "hour", "y": ["errors"]});
    assert_eq!((charts.len(), &charts[0][0], definition), (1, &json!("errors"), expected));
}

#[test]
fn a_field_that_is_secret_gets_the_keys_text_and_is_masked() {
    let installation = job("steps: [{id: offer, uses: misbehave/offer, with: {secret: keys/project/web/token}}]\n");
    let missing = installation.run_job(&[]);
    assert_names(missing.failed(6, "key.not-found"), &["step `offer`", "keys/project/web/token"]);
    installation.set_key("keys/project/web/token", "correct horse battery");
    let ended = installation.run_job(&["--output", "json"]);
    ended.ok();
    assert_eq!(printed(&ended)["steps"][0]["outputs"]["secretLength"], "correct horse battery".len());
    assert_names(&ended.stderr, &["the secret is [masked]", "printed: [masked]"]);
}

#[test]
fn a_secret_of_the_system_or_of_another_project_is_refused() {
    for path in ["keys/token", "keys/project/other/token"] {
        let installation = job(&format!("steps: [{{uses: misbehave/offer, with: {{secret: {path}}}}}]\n"));
        installation.set_key(path, "correct horse battery");
        let ended = installation.run_job(&[]);
        assert_names(ended.failed(6, "key.not-permitted"), &["job.yaml:", path, "`keys/project/web/...`"]);
        assert_eq!(installation.database("SELECT count(*) FROM execution"), [[0]]);
    }
    let installation = job("steps: [{uses: misbehave/offer, with: {secret: hunter2}}]\n");
    let ended = installation.run_job(&[]);
    ended.failed(4, "job.invalid-step");
    assert!(ended.stderr.contains("secret"), "{}", ended.stderr);
}

#[test]
fn a_checkpoint_is_kept_until_another_one() {
    let installation = job("steps: [{uses: misbehave/keeper, with: {token: query-1, then: succeed}}]\n");
    let ended = installation.run_job(&["--output", "json"]);
    ended.ok();
    assert_eq!(installation.database("SELECT checkpoint FROM step_execution"), [["query-1"]]);
    assert!(!ended.stderr.contains("abandoned"), "{}", ended.stderr);
}

#[test]
fn a_step_that_was_cut_off_has_its_checkpoint_abandoned() {
    for (then, exit, code) in
        [("panic", 7, "plugin.panicked"), ("abort", 7, "plugin.crashed"), ("hang", 124, "step.timed-out")]
    {
        let installation = Installation::new(KEEPER);
        let with = format!("{{token: query-1, then: {then}}}");
        let timeout = if then == "hang" { "3s" } else { "10m" };
        installation
            .job(&format!("steps: [{{id: keeper, timeout: {timeout}, uses: misbehave/keeper, with: {with}}}]\n"));
        let ended = installation.run_job(&[]);
        ended.failed(exit, code);
        assert_names(&ended.stderr, &["keeper: abandoned query-1"]);
    }
}

#[test]
fn a_step_that_could_end_by_itself_is_not_abandoned() {
    let installation = job("steps: [{uses: misbehave/keeper, with: {token: query-1, then: fail}}]\n");
    let ended = installation.run_job(&[]);
    ended.failed(1, "misbehave.failed");
    assert!(!ended.stderr.contains("abandoned"), "{}", ended.stderr);
}

#[test]
fn what_could_not_be_ended_is_told() {
    let with = "{token: query-1, then: abort, abandonFails: true}";
    let installation = job(&format!("steps: [{{uses: misbehave/keeper, with: {with}}}]\n"));
    let ended = installation.run_job(&[]);
    assert_names(ended.failed(7, "plugin.crashed"), &["could not be ended: it is stuck"]);
}
