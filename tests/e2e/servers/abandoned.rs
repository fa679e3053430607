//! What a step had begun outside when its runner was killed, and nobody goes on with.

use crate::installation::{Installation, assert_names};
use crate::started::Started;
use crate::stored::{apply, comes_to, execution, installation, only, serve, serve_once, shown, start, stored};
use rustix::process::Signal;
use windlass_tests::wait::{self, PATIENCE};

/// A job that leaves a checkpoint and then hangs.
fn job(more: &str) -> String {
    format!("steps: [{{id: wait, uses: misbehave/keeper, with: {{token: query-1, then: hang{more}}}}}]\n")
}

#[track_caller]
fn until_one(installation: &Installation, condition: &str) {
    let count = format!("SELECT count(*) FROM step_execution WHERE {condition}");
    let look = || Ok((installation.database(&count) == [[1]]).then_some(()));
    wait::until(condition, PATIENCE, look).unwrap();
}

/// An execution whose server was killed while its step was in flight.
fn killed(installation: &Installation) -> String {
    let server = serve(installation, "killed-");
    let id = start(installation, "keeps", &[]);
    until_one(installation, "checkpoint = 'query-1'");
    server.signal(Signal::KILL);
    assert_eq!(server.ended().code, None);
    id
}

#[test]
fn it_is_ended_once_by_the_next_server() {
    let installation = stored(&[("keeps", &job(""))]);
    let id = killed(&installation);
    let server = serve_once(&installation);
    assert_names(
        &server.stderr,
        &["recorded as interrupted", "was ended", &id, "step=wait", "said=\"abandoned query-1\""],
    );
    let ended = comes_to(&installation, &id, "interrupted");
    assert_eq!(ended["steps"][0]["state"], "interrupted");
    let reason = ended["steps"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("the runner that ran it has ended") && !reason.contains("could not"), "{reason}");
    let again = serve_once(&installation);
    assert!(!again.stderr.contains("abandoned"), "{}", again.stderr);
}

#[test]
fn what_was_to_stop_is_ended_too() {
    let installation = stored(&[("keeps", &format!("onInterrupted: resume\n{}", job("")))]);
    let id = killed(&installation);
    execution(&installation, "cancel", &id, &[]).ok();
    assert_names(&serve_once(&installation).stderr, &["abandoned query-1"]);
    comes_to(&installation, &id, "cancelled");
}

/// It waits to go on, and never does; until all is ended outside its execution is kept.
#[test]
fn what_was_cancelled_before_it_went_on_is_ended_too() {
    let installation = stored(&[("keeps", &format!("onInterrupted: resume\n{}", job("")))]);
    let id = killed(&installation);
    installation.job("steps: [{uses: misbehave/noop}]\n");
    installation.run_job(&[]).ok();
    comes_to(&installation, &id, "queued");
    execution(&installation, "cancel", &id, &[]).ok();
    comes_to(&installation, &id, "cancelled");
    installation.run(&["execution", "prune", "--older-than", "0s"]).ok();
    assert_names(&serve_once(&installation).stderr, &["abandoned query-1"]);
    until_one(&installation, "abandon IS NULL AND checkpoint IS NULL AND called_with IS NULL AND step = 'wait'");
}

/// The step that goes on from the checkpoint answers for it.
#[test]
fn what_is_gone_on_with_is_not_ended() {
    let installation = stored(&[("keeps", &format!("onInterrupted: resume\n{}", job("")))]);
    let id = killed(&installation);
    let server = serve_once(&installation);
    assert!(!server.stderr.contains("abandoned"), "{}", server.stderr);
    let done = comes_to(&installation, &id, "succeeded");
    assert_eq!(done["steps"].as_array().unwrap().last().unwrap()["outputs"]["resumed"], "query-1");
    assert!(!serve_once(&installation).stderr.contains("abandoned"));
}

#[test]
fn that_it_cannot_be_ended_is_said_and_recorded() {
    let installation = stored(&[("keeps", &job(", abandonFails: true"))]);
    let id = killed(&installation);
    let server = serve_once(&installation);
    assert_names(&server.stderr, &["WARN", "could not be ended", "step=wait", "reason=\"it is stuck\""]);
    let shown = shown(&installation, &id);
    assert_names(shown["steps"][0]["reason"].as_str().unwrap(), &["what it had begun could not be ended: it is stuck"]);
    assert!(!serve_once(&installation).stderr.contains("stuck"), "it is tried once");
}

#[test]
fn whoever_is_killed_meanwhile_leaves_it_to_the_next() {
    let installation = stored(&[("keeps", &job(", abandonHangs: true"))]);
    let id = killed(&installation);
    let second = serve(&installation, "second-");
    comes_to(&installation, &id, "interrupted");
    until_one(&installation, "abandon = 'query-1' AND abandoner IS NOT NULL");
    second.host();
    // Another server leaves it to the one that is at it.
    let beside = serve_once(&installation);
    assert!(!beside.stderr.contains("query-1"), "{}", beside.stderr);
    second.signal(Signal::KILL);
    second.ended();
    installation.database(
        "UPDATE step_execution SET called_with = replace(called_with, '\"abandonHangs\":true', '\"abandonHangs\":false')",
    );
    assert_names(&serve_once(&installation).stderr, &["abandoned query-1"]);
    until_one(&installation, "abandon IS NULL AND abandoner IS NULL AND called_with IS NULL");
}

#[test]
fn a_run_ends_what_another_had_begun() {
    let installation = installation("");
    installation.job(&job(""));
    let run = Started::start(&installation, installation.job_command(&[]));
    run.says("wait: misbehave/keeper");
    until_one(&installation, "checkpoint = 'query-1'");
    run.signal(Signal::KILL);
    run.ended();
    let id = only(&installation);
    installation.job("steps: [{uses: misbehave/noop}]\n");
    let next = installation.run_job(&[]);
    next.ok();
    assert_names(&next.stderr, &["recorded as interrupted", "what step `wait` had begun was ended: abandoned query-1"]);
    assert_eq!(shown(&installation, &id)["state"], "interrupted");
}

/// The step begins anew: what its checkpoint stood for is gone.
#[test]
fn what_was_abandoned_is_not_gone_on_with() {
    let installation = installation("");
    let how = crate::stored::shared(&installation, "then");
    std::fs::write(&how, "hang").unwrap();
    let job = format!(
        "steps:\n  - {{id: how, uses: shell/command, with: {{command: [cat, '{}'], output: text}}, continueOnError: true}}\n  \
         - {{id: wait, uses: misbehave/keeper, with: {{token: query-1, then: '${{{{ steps.how.outputs.text }}}}'}}}}\n",
        how.display()
    );
    apply(&installation, &[("keeps", &job)]);
    let id = killed(&installation);
    serve_once(&installation);
    installation.database("UPDATE step_execution SET outputs = '{\"text\":\"succeed\"}' WHERE step = 'how'");
    execution(&installation, "resume", &id, &[]).ok();
    serve_once(&installation);
    let done = comes_to(&installation, &id, "succeeded");
    let last = done["steps"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["step"], &last["outputs"]["resumed"]), (&"wait".into(), &serde_json::json!(null)));
}

crate::installation::also_on_postgres! {
    it_is_ended_once_by_the_next_server,
    what_was_to_stop_is_ended_too,
    what_was_cancelled_before_it_went_on_is_ended_too,
    what_is_gone_on_with_is_not_ended,
    that_it_cannot_be_ended_is_said_and_recorded,
    whoever_is_killed_meanwhile_leaves_it_to_the_next,
    a_run_ends_what_another_had_begun,
    what_was_abandoned_is_not_gone_on_with,
}
