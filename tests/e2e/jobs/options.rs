//! Options: their names, values and types, from the command line to a step.

use super::{assert_nothing_ran, job, printed};
use crate::installation::{Ended, assert_names};
use serde_json::json;

/// One option of each type; the table has as many rows as `rows` says.
const OPTIONS: &str = "
options:
  - {name: rows, type: number, required: true}
  - {name: quick, type: boolean, default: false}
  - {name: level, type: choice, values: [low, high], default: low}
  - {name: code, values: ['500', '503']}
steps:
  - uses: misbehave/rows
    with: {count: '${{ options.rows }}'}
";

fn run(options: &[&str]) -> Ended {
    let installation = job(OPTIONS);
    let arguments: Vec<&str> = options.iter().flat_map(|option| ["--option", option]).collect();
    let ended = installation.run_job(&arguments);
    if ended.code != Some(0) {
        assert_nothing_ran(&installation);
    }
    ended
}

#[test]
fn an_unknown_option_comes_with_the_nearest() {
    assert_names(run(&["rosw=1"]).failed(4, "job.invalid-option"), &["`rosw`", "did you mean `rows`?"]);
    let far = run(&["rows=1", "colour=red"]);
    assert_names(far.failed(4, "job.invalid-option"), &["`colour`", "`rows`, `quick`, `level`, `code`"]);
}

#[test]
fn an_option_is_given_once_and_given_when_required() {
    let twice = run(&["rows=1", "rows=2"]);
    assert_names(twice.failed(4, "job.invalid-option"), &["`rows` is given twice"]);
    assert_names(run(&[]).failed(4, "job.invalid-option"), &["`rows` is required", "`--option rows=...`"]);
}

#[test]
fn a_value_has_the_type_of_its_option() {
    for (given, said) in [
        ("rows=many", &["`rows`", "`many` is no number"][..]),
        ("rows=", &["`rows`", "no number"]),
        ("rows=0x10", &["`0x10` is no number"]),
        ("quick=yes", &["`quick`", "`yes` is no boolean", "`true` or `false`"]),
        ("level=medium", &["`level`", "`medium`", "`low`, `high`"]),
        ("code=404", &["`code`", "`404`", "`500`, `503`"]),
    ] {
        let ended = if given.starts_with("rows") { run(&[given]) } else { run(&["rows=1", given]) };
        assert_names(ended.failed(4, "job.invalid-option"), said);
    }
}

#[test]
fn an_option_without_a_value_is_a_usage_error() {
    for given in ["rows", "=1"] {
        let ended = run(&[given]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert_names(&ended.stderr, &["NAME=VALUE"]);
    }
}

/// A value may have further equals signs, blanks and line breaks in it.
#[test]
fn a_text_arrives_as_it_was_given() {
    let installation = job(
        "options: [{name: text}]\nsteps:\n  - uses: misbehave/fault\n    with: {kind: table-cell, text: '${{ options.text }}'}\n",
    );
    for text in ["a=b=c", "", "  two words ", "${{ options.text }}", "500", "true", "1\n2", "ä€😀"] {
        let ended = installation.run_job(&["--option", &format!("text={text}"), "--output", "json"]);
        ended.ok();
        assert_eq!(printed(&ended)["steps"][0]["tables"]["faults"], json!([{ text: text }]), "{text:?}");
    }
}

#[test]
fn a_number_arrives_as_a_number() {
    let installation = job(OPTIONS);
    for (given, rows) in [("0", 0), ("3", 3)] {
        let ended = installation.run_job(&["-o", &format!("rows={given}"), "--output", "json"]);
        ended.ok();
        assert_eq!(printed(&ended)["steps"][0]["outputs"], json!({ "count": rows }));
        assert_eq!(printed(&ended)["steps"][0]["tables"]["rows"].as_array().map(Vec::len), Some(rows));
    }
    let text = OPTIONS.replace("type: number, ", "");
    let installation = job(&text);
    let ended = installation.run_job(&["-o", "rows=3"]);
    let error = ended.failed(4, "job.invalid-step");
    assert_names(
        error,
        &["`count` has the wrong type", "`integer`", &super::place(&installation, "'${{ options.rows")],
    );
}

/// `hang` takes an optional boolean; a step type that refuses null shows that the key was left out.
#[test]
fn an_optional_option_without_a_value_leaves_the_key_out() {
    let lines = "options: [{name: bytes, type: number}]\nsteps:\n  - uses: misbehave/lines\n    with: {count: 1, bytes: '${{ options.bytes }}'}\n";
    let installation = job(lines);
    let short = installation.run_job(&["-o", "bytes=20"]);
    assert_names(&short.stderr, &["step1: line 0 ............\n"]);
    short.ok();
    let by_default = installation.run_job(&[]);
    by_default.ok();
    let line = by_default.stderr.lines().find(|line| line.contains("line 0 ...")).unwrap();
    assert_eq!(line.len(), "step1: ".len() + 99, "a line of 100 bytes, its line break included");

    let required = job(
        "options: [{name: count, type: number}]\nsteps:\n  - uses: misbehave/rows\n    with: {count: '${{ options.count }}'}\n",
    );
    assert_names(required.run_job(&[]).failed(4, "job.invalid-step"), &["the key `count` is missing"]);
}

#[test]
fn a_boolean_arrives_as_a_boolean() {
    let lines = "options: [{name: deaf, type: boolean, default: true}]\nsteps:\n  - uses: misbehave/fault\n    timeout: 50ms\n    with: {kind: hang, ignoreSignals: '${{ options.deaf }}'}\n";
    // That it is accepted is the point: the schema takes neither text nor number.
    for arguments in [&[][..], &["-o", "deaf=false"]] {
        let installation = job(lines);
        let ended = Ended::from(
            installation.job_command(arguments).env("WINDLASS_LIMITS_CANCEL_GRACE", "0s").output().unwrap(),
        );
        ended.failed(124, "step.timed-out");
    }
    let installation = job(&lines.replace("${{ options.deaf }}", "${{ options.deaf }}!"));
    assert_names(installation.run_job(&[]).failed(4, "job.invalid-step"), &["`ignoreSignals`", "`boolean`"]);
}
