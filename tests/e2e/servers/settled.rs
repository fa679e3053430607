//! A server that is killed in the middle: the next one does what each job says about that.

use crate::installation::{Installation, assert_names};
use crate::stored::{
    apply, comes_to, execution, gate, installation, logs, open, script, serve, serve_once, shared, shown, start, steps,
};
use rustix::process::Signal;
use serde_json::{Value, json};
use windlass_tests::wait::{self, PATIENCE};

/// A job whose second step waits: at a gate, or where it can go on from a checkpoint.
fn job(installation: &Installation, policy: &str) -> String {
    let before = format!("echo ran >> '{}'", shared(installation, &format!("before-{policy}")).display());
    let wait = if policy == "resume" {
        json!({"id": "wait", "uses": "misbehave/keeper", "with": {"token": "query-1", "then": "hang"}})
    } else {
        script("wait", &gate(installation, "one"))
    };
    let steps = json!([script("before", &before), wait, script("after", "echo after")]);
    let repeat = if policy == "restart" { "allowRepeat: true\n" } else { "" };
    let policy = policy.split('-').next().unwrap();
    format!("onInterrupted: {policy}\n{repeat}steps: {steps}\n")
}

fn times_before(installation: &Installation, policy: &str) -> usize {
    std::fs::read_to_string(shared(installation, &format!("before-{policy}"))).unwrap().lines().count()
}

#[track_caller]
fn has_checkpoint(installation: &Installation) {
    let left = "SELECT count(*) FROM step_execution WHERE checkpoint = 'query-1'";
    let look = || Ok((installation.database(left) == [[1]]).then_some(()));
    wait::until("the checkpoint", PATIENCE, look).unwrap();
}

/// The execution of this job that waits at the gate, after its server was killed.
fn killed(installation: &Installation, policies: &[&str]) -> Vec<String> {
    let jobs: Vec<(&str, String)> = policies.iter().map(|policy| (*policy, job(installation, policy))).collect();
    let jobs: Vec<(&str, &str)> = jobs.iter().map(|(name, text)| (*name, text.as_str())).collect();
    apply(installation, &jobs);
    let server = serve(installation, "killed-");
    let ids: Vec<String> = policies.iter().map(|policy| start(installation, policy, &[])).collect();
    for (id, policy) in ids.iter().zip(policies) {
        if *policy == "resume" { has_checkpoint(installation) } else { logs(installation, id, "waiting one") }
    }
    server.signal(Signal::KILL);
    assert_eq!(server.ended().code, None);
    for id in &ids {
        assert_eq!(shown(installation, id)["state"], "running");
    }
    open(installation, "one");
    ids
}

#[test]
fn each_job_says_what_becomes_of_it() {
    let installation = installation("");
    let ids = killed(&installation, &["fail", "restart", "resume"]);
    let server = serve_once(&installation);
    assert_names(
        &server.stderr,
        &["settled=3", "recorded as interrupted", "queued again as a new one", "queued to go on"],
    );

    let failed = comes_to(&installation, &ids[0], "interrupted");
    assert_eq!(failed["code"], "execution.interrupted");
    assert_eq!(steps(&installation, &ids[0]), ["before 1 succeeded", "wait 1 interrupted"]);

    comes_to(&installation, &ids[1], "interrupted");
    let list = installation.run(&["execution", "list", "--project", "web", "--job", "restart", "--output", "json"]);
    let list: Vec<Value> = serde_json::from_str(list.ok()).unwrap();
    assert_eq!(
        (&list[0]["retryOf"], &list[0]["cause"], &list[0]["attempt"]),
        (&json!(ids[1]), &"restart".into(), &2.into())
    );
    assert_eq!((list.len(), &list[0]["state"]), (2, &"succeeded".into()));
    assert_eq!(times_before(&installation, "restart"), 2);

    let resumed = comes_to(&installation, &ids[2], "succeeded");
    assert_eq!(resumed["resumed"], true);
    assert_eq!(times_before(&installation, "resume"), 1);
    let expected = ["before 1 succeeded", "wait 1 interrupted", "wait 2 succeeded", "after 1 succeeded"];
    assert_eq!(steps(&installation, &ids[2]), expected);
}

/// Nobody knows what a script did that was in flight; who has looked may let it go on all the same.
#[test]
fn what_is_not_safe_to_repeat_waits_for_somebody() {
    let installation = installation("");
    let ids = killed(&installation, &["resume-script"]);
    serve_once(&installation);
    let failed = comes_to(&installation, &ids[0], "failed");
    assert_eq!(failed["code"], "step.interrupted");
    assert_eq!(steps(&installation, &ids[0])[..2], ["before 1 succeeded", "wait 1 interrupted"]);
    execution(&installation, "resume", &ids[0], &[]).ok();
    serve_once(&installation);
    comes_to(&installation, &ids[0], "succeeded");
    assert_eq!(times_before(&installation, "resume-script"), 1);
}

/// Somebody has looked, and wants the step again that was in flight.
#[test]
fn one_that_was_interrupted_goes_on_when_somebody_says_so() {
    let installation = installation("");
    let ids = killed(&installation, &["fail"]);
    serve_once(&installation);
    comes_to(&installation, &ids[0], "interrupted");
    execution(&installation, "resume", &ids[0], &[]).ok();
    serve_once(&installation);
    comes_to(&installation, &ids[0], "succeeded");
    assert_eq!(times_before(&installation, "fail"), 1);
}

/// What was to stop when its server was killed does not go on.
#[test]
fn what_was_asked_to_stop_does_not_go_on() {
    let installation = installation("");
    let ids = killed(&installation, &["resume"]);
    let ended = execution(&installation, "cancel", &ids[0], &["--wait"]);
    ended.ok();
    assert_names(&ended.stderr, &["the process that ran it is gone"]);
    serve_once(&installation);
    comes_to(&installation, &ids[0], "cancelled");
}

crate::installation::also_on_postgres! {
    each_job_says_what_becomes_of_it,
    what_is_not_safe_to_repeat_waits_for_somebody,
    one_that_was_interrupted_goes_on_when_somebody_says_so,
    what_was_asked_to_stop_does_not_go_on,
}
