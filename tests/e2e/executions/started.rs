//! Starting stored jobs: what is refused, what is queued, and waiting for the end.

use crate::installation::assert_names;
use crate::stored::{comes_to, serve, serve_once, shown, start, stored};

const GREET: &str = "options: [{name: who, required: true}, {name: n, type: number, default: 1}]
steps:
  - {id: greet, uses: shell/script, with: {script: 'echo hello $WHO', env: {WHO: '${{ options.who }}'}}}
";

#[test]
fn without_a_server_it_waits_and_says_so() {
    let installation = stored(&[("greet", GREET)]);
    let ended = installation.run(&["job", "start", "greet", "--project", "web", "-o", "who=you"]);
    let id = ended.ok().trim();
    assert_names(&ended.stderr, &["no server runs on", "`windlass server`"]);
    let queued = shown(&installation, id);
    assert_eq!(
        (&queued["state"], &queued["options"]["who"], &queued["options"]["n"]),
        (&"queued".into(), &"you".into(), &1.into())
    );
    assert_eq!(
        (&queued["job"], &queued["jobVersion"], &queued["cause"]),
        (&"greet".into(), &1.into(), &"command".into())
    );

    let server = serve_once(&installation);
    let done = shown(&installation, id);
    assert_eq!((&done["state"], &done["steps"][0]["path"]), (&"succeeded".into(), &"greet".into()));
    assert_names(&server.stderr, &["execution begins", id, "project=web", "job=greet", "state=succeeded", "took_ms="]);
}

#[test]
fn a_server_runs_it_at_once_and_waiting_ends_as_it_ends() {
    let fails = "steps: [{id: broken, uses: misbehave/fault, with: {kind: panic}}]\n";
    let installation = stored(&[("greet", GREET), ("fails", fails)]);
    let _server = serve(&installation, "server-");
    let ended = installation.run(&["job", "start", "greet", "--project", "web", "-o", "who=you", "--follow"]);
    comes_to(&installation, ended.ok().trim(), "succeeded");
    assert_names(&ended.stderr, &["greet: shell/script", "greet| hello you", "greet: succeeded in"]);
    assert!(!ended.stderr.contains("no server"), "{}", ended.stderr);

    let ended = installation.run(&["job", "start", "fails", "--project", "web", "--wait", "--output", "json"]);
    assert_names(ended.failed(7, "plugin.panicked"), &["step `broken`"]);
    let started: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(started["state"], "queued");
    comes_to(&installation, started["execution"].as_str().unwrap(), "failed");
}

#[test]
fn what_cannot_be_started_leaves_nothing() {
    let installation = stored(&[("greet", GREET)]);
    for (arguments, exit, code, said) in [
        (&["gret", "--project", "web"][..], 4, "job.unknown", &["`gret`", "did you mean `greet`?"][..]),
        (&["greet", "--project", "wep"], 3, "project.unknown", &["`wep`"]),
        (&["greet", "--project", "api"], 4, "job.unknown", &["`windlass project apply"]),
        (&["greet", "--project", "web"], 4, "job.invalid-option", &["`who`"]),
        (&["greet", "--project", "web", "-o", "who=x", "-o", "n=x"], 4, "job.invalid-option", &["`n`", "number"]),
        (&["greet", "--project", "web", "-o", "whom=x"], 4, "job.invalid-option", &["`whom`", "did you mean `who`?"]),
    ] {
        let ended = installation.run(&[&["job", "start"], arguments].concat());
        assert_names(ended.failed(exit, code), said);
        assert_eq!(ended.stdout, "");
    }
    assert_eq!(installation.database("SELECT count(*) FROM execution"), [[0]]);
}

#[test]
fn jobs_and_their_versions_are_listed_and_shown() {
    let installation = stored(&[("greet", GREET)]);
    crate::stored::apply(&installation, &[("greet", &format!("group: team/x\ndescription: Says hello\n{GREET}"))]);
    assert_names(installation.run(&["job", "list", "--project", "web"]).ok(), &["team/x", "greet", "2", "Says hello"]);
    let json = installation.run(&["job", "list", "--project", "web", "--output", "json"]);
    let listed: serde_json::Value = serde_json::from_str(json.ok()).unwrap();
    assert_eq!((&listed[0]["name"], &listed[0]["version"]), (&"greet".into(), &2.into()));
    let file = std::fs::read_to_string(installation.folder().join("jobs/greet.yaml")).unwrap();
    assert_eq!(installation.run(&["job", "show", "greet", "--project", "web"]).ok(), file);
    let first = installation.run(&["job", "show", "greet", "--project", "web", "--version", "1"]);
    assert!(!first.ok().contains("team/x"), "{}", first.stdout);
    let ended = installation.run(&["job", "show", "greet", "--project", "web", "--version", "3"]);
    assert_names(ended.failed(4, "job.unknown"), &["no version 3", "job versions"]);
    let versions = installation.run(&["job", "versions", "greet", "--project", "web", "--output", "json"]);
    let versions: serde_json::Value = serde_json::from_str(versions.ok()).unwrap();
    assert_eq!([&versions[0]["version"], &versions[1]["version"]], [2, 1]);
}

/// An execution keeps the version that it was queued with.
#[test]
fn a_job_that_changes_does_not_change_what_waits() {
    let job = |word: &str| {
        format!("steps: [{{id: say, uses: shell/command, with: {{command: [echo, {word}], output: text}}}}]\n")
    };
    let installation = stored(&[("say", &job("one"))]);
    let id = start(&installation, "say", &[]);
    crate::stored::apply(&installation, &[("say", &job("two"))]);
    let later = start(&installation, "say", &[]);
    crate::stored::apply(&installation, &[]);
    serve_once(&installation);
    let text = |id: &str| shown(&installation, id)["steps"][0]["outputs"]["text"].clone();
    assert_eq!([text(&id), text(&later)], ["one", "two"]);
}

/// Where the allowed values come from a step, it is asked before anything is queued.
#[test]
fn a_value_that_a_step_does_not_offer_is_refused() {
    let job = "options:
  - {name: cluster, valuesFrom: {uses: shell/command, with: {command: [printf, 'red\\nblue'], output: lines}, output: lines}}
steps: [{uses: misbehave/noop}]
";
    let installation = stored(&[("deploy", job)]);
    let refused = installation.run(&["job", "start", "deploy", "--project", "web", "-o", "cluster=green"]);
    assert_names(refused.failed(4, "job.invalid-option"), &["`cluster`", "`red`, `blue`"]);
    let id = start(&installation, "deploy", &["-o", "cluster=blue"]);
    serve_once(&installation);
    comes_to(&installation, &id, "succeeded");
    let retry = crate::stored::execution(&installation, "retry", &id, &["-o", "cluster=green"]);
    retry.failed(4, "job.invalid-option");
    assert_eq!(installation.database("SELECT count(*) FROM execution"), [[1]]);
}

/// An empty list would allow everything.
#[test]
fn a_step_that_offers_nothing_or_fails_starts_nothing() {
    for (command, said) in [("['true']", "the list is empty"), ("['false']", "exit")] {
        let from = format!("{{uses: shell/command, with: {{command: {command}, output: lines}}, output: lines}}");
        let job = format!("options: [{{name: cluster, valuesFrom: {from}}}]\nsteps: [{{uses: misbehave/noop}}]\n");
        let installation = stored(&[("deploy", &job)]);
        let refused = installation.run(&["job", "start", "deploy", "--project", "web", "-o", "cluster=green"]);
        assert_names(refused.failed(4, "job.invalid-option"), &["`cluster`", "`shell/command`", said]);
        assert_eq!(installation.database("SELECT count(*) FROM execution"), [[0]]);
    }
}

/// What a text of a job holds is told in the words of a failure, and these are recorded.
#[test]
fn a_zero_byte_in_a_failure_is_recorded() {
    let step = serde_json::json!([{"id": "it", "uses": "shell/command",
        "with": {"command": ["true"], "workingFolder": "/a\0b"}}]);
    let installation = stored(&[("zero", &format!("steps: {step}\n"))]);
    let id = start(&installation, "zero", &[]);
    serve_once(&installation);
    let shown = shown(&installation, &id);
    assert_eq!((&shown["state"], &shown["steps"][0]["state"]), (&"failed".into(), &"failed".into()), "{shown}");
    assert_names(shown["steps"][0]["reason"].as_str().unwrap(), &["working folder", "/a\u{fffd}b"]);
}

crate::installation::also_on_postgres! {
    a_zero_byte_in_a_failure_is_recorded,
    without_a_server_it_waits_and_says_so,
    a_server_runs_it_at_once_and_waiting_ends_as_it_ends,
    jobs_and_their_versions_are_listed_and_shown,
    a_job_that_changes_does_not_change_what_waits,
}
