//! Steps that look at what they got.

use super::{QUERY, document, scripted};
use crate::installation::{Ended, assert_names};
use windlass_tests::ScriptedLogs;
use windlass_tests::scripted::{Query, Script, Status, numbered_rows};

fn run(rows: usize, condition: &str) -> (ScriptedLogs, Ended) {
    let (server, installation) = scripted(Script::new().query(Query::ends(Status::Complete, numbered_rows(rows))));
    installation.job(&QUERY.replace("fields @message", &format!("fields @message, {condition}")));
    let ended = installation.run_job(&["--output", "json"]);
    (server, ended)
}

#[test]
fn a_step_fails_when_its_condition_holds() {
    let (_server, ended) = run(3, "failWhen: 'rowCount > 2'");
    let error = ended.failed(1, "cloudwatch-logs.condition-met");
    assert_names(error, &["step `lines`", "`failWhen` holds: `rowCount > 2`, with 3 rows", "table `results`"]);
    let rows = &document(&ended)["steps"][0]["tables"]["results"];
    assert_eq!(rows.as_array().map(Vec::len), Some(3), "the rows are there to be looked at");
    let (_server, ended) = run(2, "failWhen: 'rowCount > 2'");
    ended.ok();
}

#[test]
fn a_warning_is_said_and_nothing_more() {
    let (_server, ended) = run(3, "warnWhen: \"rows[2]['@message'] == 'line 2'\"");
    ended.ok();
    assert_names(&ended.stderr, &["warning: `warnWhen` holds"]);
}

#[test]
fn a_faulty_condition_is_found_before_a_query_is_paid() {
    let (server, ended) = run(3, "failWhen: 'rowCount >'");
    assert_names(ended.failed(1, "step.invalid-config"), &["`failWhen` cannot be evaluated: `rowCount >`", "`rows`"]);
    assert_eq!(server.calls_of("StartQuery").len(), 0);
}

#[test]
fn no_rows_are_a_success_that_is_said() {
    let (_server, ended) = run(0, "limit: 5");
    ended.ok();
    assert_names(&ended.stderr, &["no rows: nothing matched from 20"]);
    assert_eq!(document(&ended)["steps"][0]["outputs"]["rowCount"], 0);
}
