//! What the database knows after a run.

use super::{document, scripted};
use crate::ground::{printed, python};
use crate::installation::Installation;
use serde_json::{Value, json};
use std::process::Command;
use windlass_tests::binaries;
use windlass_tests::scripted::{Query, Script, Status, numbered_rows};

/// The answer of the database.
fn ask(installation: &Installation, query: &str) -> Value {
    json!(installation.database(query))
}

fn sha256(name: &str) -> String {
    let file = binaries::built(name).unwrap();
    let script = format!("import hashlib; print(hashlib.sha256(open('{}', 'rb').read()).hexdigest())", file.display());
    printed(&python(|python| Command::new(python), &script))
}

#[test]
fn executions_and_their_steps_are_recorded() {
    let good = Query::ends(Status::Complete, numbered_rows(3));
    let script = Script::new().query(good).query(Query::malformed("unexpected symbol", 0..1));
    let (_server, installation) = scripted(script);
    let first = installation.run_job(&["--output", "json"]);
    first.ok();
    let second = installation.run_job(&["--output", "json"]);
    second.failed(1, "cloudwatch-logs.malformed-query");

    let id = |document: &Value| document["execution"].as_str().unwrap().replace('-', "");
    let (one, two) = (id(&document(&first)), id(&document(&second)));
    let executions = ask(
        &installation,
        "SELECT lower(hex(id)), project, job, state, code, queued_at <= started_at AND started_at <= ended_at \
         FROM execution ORDER BY id",
    );
    let code = "cloudwatch-logs.malformed-query";
    let expected = json!([[one, "web", "test", "succeeded", null, 1], [two, "web", "test", "failed", code, 1]]);
    assert_eq!(executions, expected, "identifiers sort by time");

    let steps =
        ask(&installation, "SELECT step, uses, state, code, plugin_sha256 FROM step_execution ORDER BY execution");
    let plugin = sha256("libwindlass_plugin_cloudwatch_logs.so");
    let uses = "cloudwatch-logs/query";
    let expected = json!([["lines", uses, "succeeded", null, plugin], ["lines", uses, "failed", code, plugin]]);
    assert_eq!(steps, expected);
    let rows = "SELECT name, columns, rows FROM artifact";
    assert_eq!(ask(&installation, rows), json!([["results", "[\"@timestamp\",\"@message\"]", 3]]));
    let outputs = ask(&installation, "SELECT outputs FROM step_execution WHERE outputs IS NOT NULL");
    let outputs: Value = serde_json::from_str(outputs[0][0].as_str().unwrap()).unwrap();
    assert_eq!(outputs, document(&first)["steps"][0]["outputs"]);
}

#[test]
fn a_run_that_ran_out_of_time_says_so() {
    let (_server, installation) = scripted(Script::new().query(Query::never_ends()));
    installation.job(&super::QUERY.replace("with:", "timeout: 5s\n    with:"));
    installation.run_job(&[]).failed(124, "step.timed-out");
    let both = "SELECT state, code FROM execution UNION ALL SELECT state, code FROM step_execution";
    assert_eq!(ask(&installation, both), json!([["timedOut", "step.timed-out"], ["timedOut", "step.timed-out"]]));
}
