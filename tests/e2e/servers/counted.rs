//! How often a job is begun again: after failures as its `retry` says, after interruptions five times, each for itself.

use crate::installation::Installation;
use crate::started::Started;
use crate::stored::{apply, comes_to, gate, installation, logs, open, script, serve, serve_once, shared, start};
use rustix::process::Signal;
use serde_json::{Value, json};

/// A job that fails so many times, and then waits at a gate.
fn job(installation: &Installation, attempts: u32, failures: u32) -> String {
    let count = shared(installation, "count").display().to_string();
    let text = format!(
        "echo run >> '{count}'; [ $(wc -l < '{count}') -gt {failures} ] || exit 1; {}",
        gate(installation, "one")
    );
    let retry = format!("retry: {{attempts: {attempts}, backoff: 1ms}}\n");
    format!("onInterrupted: restart\nallowRepeat: true\n{retry}steps: {}\n", json!([script("wait", &text)]))
}

/// The executions, oldest first.
fn all(installation: &Installation) -> Vec<Value> {
    let listed = installation.run(&["execution", "list", "--output", "json"]);
    let mut all: Vec<Value> = serde_json::from_str(listed.ok()).unwrap();
    all.reverse();
    all
}

fn told(installation: &Installation) -> Vec<String> {
    let one = |it: &Value| format!("{} {}", it["cause"].as_str().unwrap(), it["state"].as_str().unwrap());
    all(installation).iter().map(one).collect()
}

/// Kills the server whose execution of this number waits at the gate.
fn kill(installation: &Installation, server: Started, number: usize) {
    let reached = || Ok(all(installation).get(number).and_then(|it| Some(it["id"].as_str()?.to_owned())));
    let id = windlass_tests::wait::until("the execution", windlass_tests::wait::PATIENCE, reached).unwrap();
    logs(installation, &id, "waiting one");
    server.signal(Signal::KILL);
    server.ended();
}

#[test]
fn failures_do_not_use_up_restarts() {
    let installation = installation("");
    apply(&installation, &[("job", &job(&installation, 7, 5))]);
    let server = serve(&installation, "first-");
    start(&installation, "job", &[]);
    kill(&installation, server, 5);
    open(&installation, "one");
    serve_once(&installation);
    let mut expected = vec!["command failed"];
    expected.extend(["retry failed"; 4]);
    expected.extend(["retry interrupted", "restart succeeded"]);
    assert_eq!(told(&installation), expected);
}

#[test]
fn restarts_do_not_use_up_attempts() {
    let installation = installation("");
    apply(&installation, &[("job", &job(&installation, 2, 1))]);
    let server = serve(&installation, "first-");
    start(&installation, "job", &[]);
    kill(&installation, server, 1);
    // The one after it is the second attempt still: it fails, and there is no third.
    std::fs::write(shared(&installation, "count"), "").unwrap();
    serve_once(&installation);
    assert_eq!(told(&installation), ["command failed", "retry interrupted", "restart failed"]);
    // Interrupted first, it still has both of its attempts.
    std::fs::write(shared(&installation, "count"), "more\nthan\none\n").unwrap();
    let server = serve(&installation, "second-");
    start(&installation, "job", &[]);
    kill(&installation, server, 3);
    std::fs::write(shared(&installation, "count"), "").unwrap();
    open(&installation, "one");
    serve_once(&installation);
    assert_eq!(told(&installation)[3..], ["command interrupted", "restart failed", "retry succeeded"]);
    assert_eq!(all(&installation)[5]["attempt"], 3);
}

#[test]
fn the_sixth_interruption_is_the_last() {
    let installation = installation("");
    apply(&installation, &[("job", &job(&installation, 1, 0))]);
    let id = start(&installation, "job", &[]);
    for number in 0..6 {
        kill(&installation, serve(&installation, &format!("{number}-")), number);
    }
    serve_once(&installation);
    comes_to(&installation, &id, "interrupted");
    let mut expected = vec!["command interrupted"];
    expected.extend(["restart interrupted"; 5]);
    assert_eq!(told(&installation), expected);
}

crate::installation::also_on_postgres! {
    restarts_do_not_use_up_attempts,
}
