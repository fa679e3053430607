//! Doing executions again as new ones.

use crate::installation::assert_names;
use crate::stored::{
    apply, comes_to, execution, gate, installation, only, open, script, serve_once, shown, start, stored,
};
use serde_json::{Value, json};

const SAY: &str = "options: [{name: word, default: one}, {name: times, type: number, default: 2}]
steps:
  - {id: say, uses: shell/command, with: {command: [echo, '${{ options.word }} ${{ options.times }}'], output: text}}
";

fn said(installation: &crate::installation::Installation, id: &str) -> Value {
    shown(installation, id)["steps"][0]["outputs"]["text"].clone()
}

#[test]
fn the_same_version_runs_again_with_the_same_options_or_others() {
    let installation = stored(&[("say", SAY)]);
    let first = start(&installation, "say", &["-o", "word=two"]);
    serve_once(&installation);
    apply(&installation, &[("say", "steps: [{uses: misbehave/noop}]\n")]);
    let retry = |more: &[&str]| execution(&installation, "retry", &first, more).ok().trim().to_owned();
    let (same, other) = (retry(&[]), retry(&["-o", "times=7"]));
    serve_once(&installation);
    assert_eq!([said(&installation, &same), said(&installation, &other)], ["two 2", "two 7"]);
    let row = shown(&installation, &same);
    assert_eq!((&row["retryOf"], &row["cause"], &row["jobVersion"]), (&json!(first), &"restart".into(), &1.into()));
    let ended = execution(&installation, "retry", &first, &["-o", "times=x"]);
    ended.failed(4, "job.invalid-option");
}

#[test]
fn here_means_in_this_process() {
    let installation = installation("");
    installation.job(SAY);
    installation.run_job(&["-o", "word=file"]).ok();
    let id = only(&installation);
    let ended = execution(&installation, "retry", &id, &["--here", "-o", "times=3", "--output", "json"]);
    let printed: Value = serde_json::from_str(ended.ok()).unwrap();
    assert_eq!((&printed["state"], &printed["steps"][0]["outputs"]["text"]), (&"succeeded".into(), &"file 3".into()));
    assert_names(&ended.stderr, &["say| file 3"]);
}

#[test]
fn what_has_not_ended_is_not_done_again() {
    let installation = installation("");
    apply(&installation, &[("slow", &format!("steps: {}\n", json!([script("wait", &gate(&installation, "one"))])))]);
    let id = start(&installation, "slow", &[]);
    for command in ["retry", "resume"] {
        let ended = execution(&installation, command, &id, &[]);
        assert_names(ended.failed(4, "execution.not-ended"), &["is `queued`", "execution cancel"]);
    }
    open(&installation, "one");
    serve_once(&installation);
    comes_to(&installation, &id, "succeeded");
    let ended = execution(&installation, "resume", &id, &[]);
    assert_names(ended.failed(4, "execution.not-ended"), &["`succeeded`", "`windlass execution retry`"]);
}

crate::installation::also_on_postgres! {
    the_same_version_runs_again_with_the_same_options_or_others,
    here_means_in_this_process,
    what_has_not_ended_is_not_done_again,
}
