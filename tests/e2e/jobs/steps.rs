//! Several steps: they follow each other until one does not succeed, and each leaves its end in the database.

use super::{job, printed};
use crate::installation::assert_names;
use serde_json::json;

const SLEEP: &str = "uses: misbehave/fault, with: {kind: sleep-until-cancelled}";

#[test]
fn the_first_failure_skips_the_rest_and_is_recorded() {
    let installation = job("
steps:
  - {id: first, uses: misbehave/rows, with: {count: 2}}
  - {id: second, uses: misbehave/fault, with: {kind: panic}}
  - {id: third, uses: misbehave/noop}
  - {id: fourth, uses: misbehave/noop}
");
    let ended = installation.run_job(&["--output", "json"]);
    assert_names(ended.failed(7, "plugin.panicked"), &["step `second`"]);
    assert!(!ended.stderr.contains("third: "), "{}", ended.stderr);

    let execution = printed(&ended);
    assert_eq!(execution["state"], "failed");
    let states: Vec<_> = execution["steps"].as_array().unwrap().iter().map(|step| &step["state"]).collect();
    assert_eq!(states, ["succeeded", "failed", "skipped", "skipped"]);
    assert_eq!(execution["steps"][1]["error"]["code"], "plugin.panicked");
    assert_eq!(
        execution["steps"][2],
        json!({
            "id": "third", "state": "skipped", "seconds": 0.0, "error": null, "outputs": null, "tables": {}
        })
    );

    let steps = installation.database(
        "SELECT step, state, code, started_at IS NULL, ended_at IS NULL, outputs FROM step_execution ORDER BY position",
    );
    assert_eq!(
        json!(steps),
        json!([
            ["first", "succeeded", null, 0, 0, "{\"count\":2}"],
            ["second", "failed", "plugin.panicked", 0, 0, null],
            ["third", "skipped", "step.not-reached", 1, 0, null],
            ["fourth", "skipped", "step.not-reached", 1, 0, null],
        ])
    );
    let executions = installation.database("SELECT project, job, state, code, ended_at >= started_at FROM execution");
    assert_eq!(json!(executions), json!([["web", "test", "failed", "plugin.panicked", 1]]));
}

#[test]
fn all_that_succeed_are_recorded_with_the_job_and_its_options() {
    let installation = job(
        "options: [{name: n, type: number, default: 1}]\nsteps:\n  - uses: misbehave/rows\n    with: {count: '${{ options.n }}'}\n  - uses: misbehave/noop\n",
    );
    let ended = installation.run_job(&["--output", "json", "--option", "n=4"]);
    ended.ok();
    assert_eq!(printed(&ended)["state"], "succeeded");
    assert_eq!(printed(&ended)["steps"][1]["id"], "step2");
    let job = std::fs::read_to_string(installation.folder().join("job.yaml")).unwrap();
    let executions = installation.database("SELECT state, options, job_text, hex(id) FROM execution");
    let id = printed(&ended)["execution"].as_str().unwrap().replace('-', "").to_uppercase();
    assert_eq!(json!(executions), json!([["succeeded", "{\"n\":4}", job, id]]));
    assert_eq!(installation.database("SELECT count(*) FROM step_execution WHERE state = 'succeeded'"), [[2]]);
}

#[test]
fn a_step_has_a_time_of_its_own() {
    let installation = job(&format!("timeout: 1h\nsteps:\n  - {{id: slow, timeout: 2s, {SLEEP}}}\n"));
    let ended = installation.run_job(&["--output", "json"]);
    let error = ended.failed(124, "step.timed-out");
    assert_names(error, &["step `slow`", "the step took longer than its timeout of 2s"]);
    assert_eq!(printed(&ended)["steps"][0]["state"], "timedOut");
    let steps = installation.database("SELECT state, code, ended_at - started_at >= 2000 FROM step_execution");
    assert_eq!(json!(steps), json!([["timedOut", "step.timed-out", 1]]));
}

#[test]
fn a_job_has_a_time_for_all_its_steps() {
    let installation = job(&format!(
        "timeout: 5s\nsteps:\n  - {{uses: misbehave/noop}}\n  - {{id: slow, timeout: 1h, {SLEEP}}}\n  - {{uses: misbehave/noop}}\n"
    ));
    let ended = installation.run_job(&["--output", "json"]);
    let error = ended.failed(124, "step.timed-out");
    assert_names(error, &["step `slow`", "the job took longer than its timeout of 5s"]);
    let execution = printed(&ended);
    let states: Vec<_> = execution["steps"].as_array().unwrap().iter().map(|step| &step["state"]).collect();
    assert_eq!(execution["state"], "timedOut");
    assert_eq!(states, ["succeeded", "timedOut", "skipped"]);
    let executions = installation.database("SELECT state, code, ended_at - started_at >= 5000 FROM execution");
    assert_eq!(json!(executions), json!([["timedOut", "step.timed-out", 1]]));
}

#[test]
fn each_item_has_its_turn_where_the_job_goes_on_after_failures() {
    let item = "${{ 'true' if item != 'b' else 'false' }}";
    let installation = job(&format!("
steps:
  - {{id: each, forEach: {{items: [a, b, c]}}, continueOnError: true, uses: shell/command, with: {{command: [\"{item}\"]}}}}
  - {{id: after, if: \"${{{{ steps.each.state == 'failed' }}}}\", uses: misbehave/noop}}
"));
    installation.run_job(&["--output", "json"]).ok();
    let steps = installation.database("SELECT path, state, code FROM step_execution ORDER BY path");
    assert_eq!(
        json!(steps),
        json!([
            ["after", "succeeded", null],
            ["each", "failed", "shell.exit-code"],
            ["each[0]", "succeeded", null],
            ["each[1]", "failed", "shell.exit-code"],
            ["each[2]", "succeeded", null],
        ])
    );
}
