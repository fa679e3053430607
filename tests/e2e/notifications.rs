//! What jobs tell, and that it is told whatever happens to whom.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use crate::installation::{Installation, also_on_postgres, assert_names};
use crate::stored::{
    apply, comes_to, execution, gate, installation, logs, open, script, serve, serve_once, shared, shown, start,
};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use windlass_tests::wait::{self, PATIENCE};

/// A notification that writes a line into the file of what was told.
fn tells(installation: &Installation, on: &Value, more: &str) -> String {
    let script = format!("echo \"$TOLD\" >> '{}'", told_file(installation).display());
    let with = json!({ "script": script, "env": { "TOLD": "${{ event.kind }}: ${{ event.text }}" } });
    format!("{{on: {on}, uses: shell/script, with: {with}{more}}}")
}

fn told_file(installation: &Installation) -> PathBuf {
    shared(installation, "told")
}

fn told(installation: &Installation) -> Vec<String> {
    let text = fs::read_to_string(told_file(installation)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[track_caller]
fn until_told(installation: &Installation, count: usize) -> Vec<String> {
    let look = || Ok(Some(told(installation)).filter(|lines| lines.len() >= count));
    wait::until(&format!("{count} notifications"), PATIENCE, look).unwrap()
}

fn job(notifications: &[String], steps: &Value, more: &str) -> String {
    format!("{more}notifications: [{}]\nsteps: {steps}\n", notifications.join(", "))
}

#[test]
fn what_happens_is_told() {
    let installation = installation("");
    let all = json!(["start", "success", "failure", "retry", "cancelled"]);
    let tells = tells(&installation, &all, "");
    let good = job(std::slice::from_ref(&tells), &json!([script("say", "echo hello")]), "");
    let bad =
        job(std::slice::from_ref(&tells), &json!([script("break", "exit 3")]), "retry: {attempts: 2, backoff: 1ms}\n");
    let long = job(&[tells], &json!([script("wait", "sleep 60")]), "");
    apply(&installation, &[("good", &good), ("bad", &bad), ("long", &long)]);
    let _server = serve(&installation, "server-");
    let id = start(&installation, "good", &[]);
    comes_to(&installation, &id, "succeeded");
    let lines = until_told(&installation, 2);
    let short = &id[id.len() - 8..];
    assert!(lines.contains(&format!("start: job `good` of project `web` begins (execution {short})")), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("success: job `good` of project `web` succeeded after ")));
    start(&installation, "bad", &[]);
    let lines = until_told(&installation, 6);
    let of =
        |kind: &str| lines.iter().filter(|line| line.starts_with(&format!("{kind}: job `bad`"))).collect::<Vec<_>>();
    assert_eq!((of("start").len(), of("retry").len(), of("failure").len()), (2, 1, 1), "{lines:?}");
    assert_names(of("failure")[0], &["failed after", "step `break`", "exit"]);
    let id = start(&installation, "long", &[]);
    comes_to(&installation, &id, "running");
    until_told(&installation, 7);
    execution(&installation, "cancel", &id, &[]).ok();
    assert_names(until_told(&installation, 8).last().unwrap(), &["cancelled: job `long`", "was cancelled after"]);
}

/// An execution that failed has no outputs, and what names one is told of it all the same.
#[test]
fn a_failure_is_told_by_what_names_outputs() {
    let installation = installation("");
    let script = format!("echo \"$TOLD\" >> '{}'", told_file(&installation).display());
    let told = "${{ event.kind }} of ${{ event.options.env }}: ${{ event.outputs.text }}, ${{ event.outputs|tojson }}";
    let notification = format!(
        "{{on: [start, success, failure], uses: shell/script, with: {}}}",
        json!({ "script": script, "env": { "TOLD": told } })
    );
    let step = json!([{"id": "say", "uses": "shell/command", "with": {"command": ["${{ options.run }}", "hello"], "output": "text"}}]);
    let options = "options: [{name: run, default: echo}, {name: env, default: prod}]\n";
    let more = format!("{options}outputs: {{text: '${{{{ steps.say.outputs.text }}}}'}}\n");
    apply(&installation, &[("says", &job(&[notification], &step, &more))]);
    start(&installation, "says", &[]);
    start(&installation, "says", &["--option", "run=false"]);
    serve_once(&installation);
    let mut lines = self::told(&installation);
    lines.sort();
    let nothing = |kind: &str| format!("{kind} of prod: , {{\"text\":null}}");
    let success = "success of prod: hello, {\"text\":\"hello\"}".to_owned();
    assert_eq!(lines, [nothing("failure"), nothing("start"), nothing("start"), success]);
}

/// A notification that fails is tried again, and does the job no harm.
#[test]
fn one_that_fails_is_tried_again() {
    let installation = installation("");
    let open_file = installation.folder().join("open-there");
    let with = json!({ "script": format!("test -e '{}' || exit 4", open_file.display()) });
    let notification =
        format!("{{on: [success], uses: shell/script, with: {with}, retry: {{attempts: 99, backoff: 200ms}}}}");
    apply(&installation, &[("good", &job(&[notification], &json!([script("say", "echo hello")]), ""))]);
    let _server = serve(&installation, "server-");
    let id = start(&installation, "good", &[]);
    comes_to(&installation, &id, "succeeded");
    let notifications = || shown(&installation, &id)["notifications"].as_array().unwrap().clone();
    let look = || Ok(Some(notifications()).filter(|all| all.iter().filter(|it| it["state"] == "failed").count() >= 2));
    wait::until("two attempts", PATIENCE, look).unwrap();
    assert_eq!(shown(&installation, &id)["state"], "succeeded");
    open(&installation, "there");
    let look = || Ok(notifications().iter().any(|it| it["state"] == "succeeded").then_some(()));
    wait::until("the last attempt", PATIENCE, look).unwrap();
    assert_names(execution(&installation, "show", &id, &[]).ok(), &["notification", "success", "failed", "succeeded"]);
    let listed = installation.run(&["execution", "list", "--output", "json"]);
    assert_eq!(serde_json::from_str::<Vec<Value>>(listed.ok()).unwrap().len(), 1, "they are no executions to look at");
    let listed = installation.run(&["execution", "list", "--notifications", "--output", "json"]);
    assert!(serde_json::from_str::<Vec<Value>>(listed.ok()).unwrap().len() > 3);
}

/// What a killed server left is told by the next one: that it was interrupted.
#[test]
fn an_interruption_is_told_by_whoever_settles_it() {
    let installation = installation("");
    let tells = tells(&installation, &json!(["failure"]), "");
    let steps = json!([script("wait", &gate(&installation, "never"))]);
    apply(&installation, &[("long", &job(&[tells], &steps, ""))]);
    let server = serve(&installation, "killed-");
    let id = start(&installation, "long", &[]);
    logs(&installation, &id, "waiting never");
    server.signal(Signal::KILL);
    server.ended();
    assert_eq!(told(&installation).len(), 0);
    serve_once(&installation);
    let lines = told(&installation);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_names(&lines[0], &["failure: job `long`", "was interrupted after", "the runner that ran it has ended"]);
}

#[test]
fn one_that_takes_long_is_told_while_it_runs() {
    let installation = installation("");
    let by_time = tells(&installation, &json!(["slow"]), ", slowerThan: 300ms");
    let by_usual = tells(&installation, &json!(["slow"]), ", slowerThan: 200%");
    let steps = json!([script("wait", "test -e \"$GATE\" || sleep 60")]);
    let steps = steps.to_string().replace("\"with\":{", "\"with\":{\"env\":{\"GATE\":\"${{ options.gate }}\"},");
    let steps: Value = serde_json::from_str(&steps).unwrap();
    let more = "options: [{name: gate, default: /}]\n";
    apply(&installation, &[("slow", &job(&[by_time, by_usual], &steps, more))]);
    let _server = serve(&installation, "server-");
    let id = start(&installation, "slow", &[]);
    comes_to(&installation, &id, "succeeded");
    let before = told(&installation).len();
    let id = start(&installation, "slow", &["--option", "gate=/nowhere"]);
    let lines = until_told(&installation, before + 2);
    assert_names(lines.last().unwrap(), &["slow: job `slow`", "is still running after"]);
    assert_eq!(shown(&installation, &id)["state"], "running");
    execution(&installation, "cancel", &id, &[]).ok();
}

/// It began when it began, and what was told is not told again.
#[test]
fn one_that_goes_on_elsewhere_is_told_of_as_one() {
    let installation = installation("");
    let tells = tells(&installation, &json!(["slow", "success"]), ", slowerThan: 300ms");
    let keeps = json!({"id": "wait", "uses": "misbehave/keeper", "with": {"token": "query-1", "then": "hang"}});
    apply(&installation, &[("long", &job(&[tells], &json!([keeps]), "onInterrupted: resume\n"))]);
    let server = serve(&installation, "killed-");
    let id = start(&installation, "long", &[]);
    // Killed before that is recorded, it would tell it again, and rightly.
    let recorded = "SELECT count(*) FROM execution WHERE notifies IS NOT NULL AND state = 'succeeded'";
    let look = || Ok((installation.database(recorded) == [[1]]).then_some(()));
    wait::until("the notification as told", PATIENCE, look).unwrap();
    server.signal(Signal::KILL);
    server.ended();
    let _server = serve(&installation, "server-");
    comes_to(&installation, &id, "succeeded");
    let lines = until_told(&installation, 2);
    assert_names(&lines[0], &["slow: job `long`"]);
    assert_names(&lines[1], &["success: job `long`"]);
    let events = installation.database("SELECT event FROM execution WHERE notifies IS NOT NULL ORDER BY id");
    let began = shown(&installation, &id)["started"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    for event in events {
        let event: Value = serde_json::from_str(event[0].as_str().unwrap()).unwrap();
        assert_eq!(event["execution"]["startedAt"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap(), began);
    }
}

/// Those that wait for room do not keep others from hearing of what happens.
#[test]
fn a_full_server_tells_all_the_same() {
    let installation = installation("server: {maxExecutions: 1}\n");
    let tells = tells(&installation, &json!(["start"]), "");
    let steps = json!([script("wait", &gate(&installation, "one"))]);
    apply(&installation, &[("long", &job(&[tells], &steps, ""))]);
    let _server = serve(&installation, "server-");
    let id = start(&installation, "long", &[]);
    until_told(&installation, 1);
    assert_eq!(shown(&installation, &id)["state"], "running");
    open(&installation, "one");
    comes_to(&installation, &id, "succeeded");
}

/// Without a server the run itself tells.
#[test]
fn a_run_tells_by_itself() {
    let installation = installation("");
    let tells = tells(&installation, &json!(["start", "failure"]), "");
    installation.job(&job(&[tells], &json!([script("break", "exit 3")]), ""));
    let ended = installation.run_job(&[]);
    assert_ne!(ended.code, Some(0));
    assert_eq!(told(&installation).len(), 2, "{}", ended.stderr);
    let never = "{on: [success], uses: shell/script, with: {script: exit 4}}".to_owned();
    installation.job(&job(&[never], &json!([script("say", "echo hello")]), ""));
    let ended = installation.run_job(&[]);
    ended.ok();
    assert_names(&ended.stderr, &["1 of its notifications could not be sent; a server tries again"]);
}

#[test]
fn what_a_notification_cannot_see_is_refused() {
    let installation = installation("");
    for (with, said) in [
        ("'${{ event.execution.endd }}'", "endedAt"),
        ("'${{ options.env }}'", "a notification sees what happened as `event`"),
        ("'${{ event.options.evn }}'", "did you mean `env`?"),
        ("'${{ event.outputs.text }}'", "`event.outputs.text` is not defined"),
        ("'${{ steps.say.state }}'", "a notification sees what happened as `event`"),
    ] {
        let notification = format!("{{on: [start], uses: shell/script, with: {{script: 'true', env: {{X: {with}}}}}}}");
        let text = job(&[notification], &json!([script("say", "echo hello")]), "options: [{name: env}]\n");
        installation.job(&text);
        assert_names(installation.run_job(&[]).failed(4, "job.undefined-reference"), &[said]);
    }
    installation.job("steps: [{uses: shell/command, with: {command: ['${{ event.text }}']}}]\n");
    assert_names(
        installation.run_job(&[]).failed(4, "job.undefined-reference"),
        &["`event` is there in notifications"],
    );
}

also_on_postgres! { what_happens_is_told, an_interruption_is_told_by_whoever_settles_it, one_that_takes_long_is_told_while_it_runs, }
