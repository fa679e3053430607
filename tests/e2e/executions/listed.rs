//! Lists of executions, and all that is recorded of one.

use crate::installation::assert_names;
use crate::stored::{execution, installation, only, shown, stored};
use serde_json::{Value, json};

#[test]
fn a_list_is_filtered_and_names_what_can_be_named_again() {
    let installation = stored(&[
        ("good", "steps: [{uses: misbehave/noop}]\n"),
        ("bad", "steps: [{uses: misbehave/fault, with: {kind: panic}}]\n"),
    ]);
    let start = |job: &str| crate::stored::start(&installation, job, &[]);
    let (good, bad) = (start("good"), start("bad"));
    let waits = {
        crate::stored::serve_once(&installation);
        start("good")
    };
    let list = |arguments: &[&str]| -> Vec<String> {
        let ended = installation.run(&[&["execution", "list", "--output", "json"], arguments].concat());
        let listed: Vec<Value> = serde_json::from_str(ended.ok()).unwrap();
        listed.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(list(&[]), [&*waits, &*bad, &*good]);
    assert_eq!(list(&["--limit", "1"]), [&*waits]);
    assert_eq!(list(&["--before", &waits[24..], "--limit", "1"]), [&*bad]);
    assert_eq!(list(&["--project", "web", "--job", "good"]), [&*waits, &*good]);
    assert_eq!(list(&["--state", "failed"]), [&*bad]);
    assert_eq!(list(&["--project", "web", "--state", "queued"]), [&*waits]);
    assert_eq!(list(&["--project", "api"]), [""; 0]);
    let table = installation.run(&["execution", "list"]);
    assert_names(table.ok(), &[&bad[28..], "bad", "failed", "command", "plugin.panicked: "]);
    installation.run(&["execution", "list", "--project", "wep"]).failed(3, "project.unknown");
    let usage = installation.run(&["execution", "list", "--state", "broken"]);
    assert_eq!(usage.code, Some(2));
    assert_names(&usage.stderr, &["timedOut"]);
}

#[test]
fn an_id_that_is_unknown_or_not_enough_is_said_to_be() {
    let installation = stored(&[("good", "steps: [{uses: misbehave/noop}]\n")]);
    let id = crate::stored::start(&installation, "good", &[]);
    for command in ["show", "logs", "follow", "cancel", "retry", "resume"] {
        let ended = execution(&installation, command, "ffffffffff", &[]);
        assert_names(ended.failed(4, "execution.unknown"), &["`ffffffffff`", "`windlass execution list`"]);
    }
    // Sixteen digits: of seventeen executions two end with the same.
    let ids: Vec<String> =
        std::iter::repeat_with(|| crate::stored::start(&installation, "good", &[])).take(16).chain([id]).collect();
    let ends = |digit: char| ids.iter().filter(move |id| id.ends_with(digit)).collect::<Vec<_>>();
    let (digit, same) =
        "0123456789abcdef".chars().map(|digit| (digit, ends(digit))).find(|(_, same)| same.len() > 1).unwrap();
    let ended = execution(&installation, "show", &digit.to_string(), &[]);
    let same: Vec<&str> = same.iter().take(2).map(|id| id.as_str()).collect();
    assert_names(ended.failed(4, "execution.ambiguous"), &same);
}

#[test]
fn everything_of_an_execution_is_shown() {
    let installation = installation("");
    installation.job(
        "options: [{name: n, type: number, default: 3}]
steps:
  - id: both
    parallel:
      steps:
        - {id: rows, uses: misbehave/rows, with: {count: '${{ options.n }}'}}
        - {id: quiet, uses: misbehave/noop, if: '${{ options.n > 5 }}'}
  - id: each
    forEach: {items: [a, b]}
    uses: misbehave/noop
  - id: bad
    uses: misbehave/fault
    with: {kind: panic}
    retry: {attempts: 2, backoff: 1ms}
    onError: [{id: tidy, uses: misbehave/noop}]
  - {id: never, uses: misbehave/noop}
",
    );
    installation.run_job(&[]).failed(7, "plugin.panicked");
    let id = only(&installation);
    let all = shown(&installation, &id);
    let steps = all["steps"].as_array().unwrap();
    let facts: Vec<Value> =
        steps.iter().map(|it| json!([it["path"], it["attempt"], it["state"], it["code"]])).collect();
    let expected = json!([
        ["both", 1, "succeeded", null],
        ["both.rows", 1, "succeeded", null],
        ["both.quiet", 1, "skipped", "step.condition-false"],
        ["each", 1, "succeeded", null],
        ["each[0]", 1, "succeeded", null],
        ["each[1]", 1, "succeeded", null],
        ["bad", 1, "failed", "plugin.panicked"],
        ["bad", 2, "failed", "plugin.panicked"],
        ["bad.onError.tidy", 1, "succeeded", null],
        ["never", 1, "skipped", "step.not-reached"],
    ]);
    let mut facts = facts;
    facts[1..3].sort_by_key(|fact| fact[2] == "skipped");
    assert_eq!(json!(facts), expected);
    let rows = steps.iter().find(|step| step["step"] == "rows").unwrap();
    assert_eq!((&rows["parent"], &rows["outputs"]), (&0.into(), &json!({"count": 3})));
    assert_eq!(rows["tables"][0]["rows"], 3);
    assert_eq!(
        (&all["state"], &all["code"], &all["options"]["n"]),
        (&"failed".into(), &"plugin.panicked".into(), &3.into())
    );

    let table = execution(&installation, "show", &id[20..], &[]);
    assert_names(
        table.ok(),
        &[
            "failed",
            "plugin.panicked",
            "(from a file)",
            "│   both.rows ",
            "│   each[1] ",
            "bad.onError.tidy",
            "step.not-reached",
        ],
    );
}

crate::installation::also_on_postgres! {
    a_list_is_filtered_and_names_what_can_be_named_again,
    an_id_that_is_unknown_or_not_enough_is_said_to_be,
    everything_of_an_execution_is_shown,
}
