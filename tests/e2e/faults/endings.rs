//! Every bad end of a step: the right code in the error, the result and the database, and the next run succeeds.

use super::{installation, run, session_members, start_session, step};
use crate::installation::{Ended, Installation, assert_names};
use serde_json::json;
use windlass_tests::wait::{self, PATIENCE};

/// The step fails with this code, the message says all of `said`, and the installation works afterwards.
#[track_caller]
fn assert_fails(fault: &str, exit: u8, code: &str, said: &[&str]) {
    let installation = installation(fault);
    let ended = run(&installation);
    let error = ended.failed(exit, code);
    assert_names(error, &["step `bad`"]);
    assert_names(error, said);
    assert_eq!(ended.stderr.matches("error[").count(), 1, "one error:\n{}", ended.stderr);
    assert!(!ended.stderr.contains("panicked at runner"), "{}", ended.stderr);

    let state = if exit == 124 { "timedOut" } else { "failed" };
    let step = step(&ended);
    assert_eq!((&step["state"], &step["error"]["code"], &step["outputs"]), (&json!(state), &json!(code), &json!(null)));
    let steps = installation.database("SELECT state, code, ended_at IS NOT NULL FROM step_execution");
    assert_eq!(json!(steps), json!([[state, code, 1]]));
    assert_works(&installation);
}

#[track_caller]
fn assert_works(installation: &Installation) {
    installation.job("steps: [{uses: misbehave/noop}]\n");
    run(installation).ok();
    let unfinished = "SELECT count(*) FROM execution WHERE state IN ('queued', 'running')";
    assert_eq!(installation.database(unfinished), [[0]]);
}

#[test]
fn a_panic() {
    assert_fails("kind: panic", 7, "plugin.panicked", &["`misbehave`", "panicked on request", "fault in the plugin"]);
}

#[test]
fn a_panic_in_another_thread_is_the_plugins_own_affair() {
    let installation = installation("kind: panic-in-thread");
    let ended = run(&installation);
    ended.ok();
    assert_names(&ended.stderr, &["bad| panicked in a thread on request"]);
    assert_works(&installation);
}

#[test]
fn an_abort() {
    assert_fails("kind: abort", 7, "plugin.crashed", &["ended by SIGABRT"]);
}

#[test]
fn a_segmentation_fault() {
    assert_fails("kind: segfault", 7, "plugin.crashed", &["ended by SIGSEGV", "fault in the plugin"]);
}

#[test]
fn an_overflow_of_the_stack() {
    assert_fails("kind: stack-overflow", 7, "plugin.crashed", &["ended by SIGABRT"]);
}

#[test]
fn an_exit_without_a_result() {
    assert_fails("kind: exit-zero", 7, "plugin.no-result", &["without a result", "code 0"]);
}

#[test]
fn memory_without_end() {
    assert_fails("kind: out-of-memory", 7, "plugin.crashed", &["SIGABRT", "`limits.stepMemory`"]);
    let small = installation("kind: out-of-memory, bytes: 67108864");
    run(&small).ok();
}

#[test]
fn output_without_end() {
    for fault in ["kind: flood-stdout", "kind: flood-log", "kind: long-line"] {
        assert_fails(fault, 7, "plugin.flooded", &["more than 1048576 bytes", "`limits.stepOutput`"]);
    }
    let enough = installation("kind: flood-stdout, bytes: 1048576");
    run(&enough).ok();
}

/// What was written until then is kept, and no more than the limit.
#[test]
fn output_up_to_the_limit_is_kept() {
    let installation = installation("kind: flood-stdout");
    run(&installation).failed(7, "plugin.flooded");
    let kept = installation.database("SELECT sum(bytes) FROM log_chunk")[0][0].as_i64().unwrap();
    assert!((512 * 1024..=1024 * 1024).contains(&kept), "{kept}");
}

#[test]
fn frames_that_are_none() {
    assert_fails("kind: garbage-frames", 7, "plugin.protocol", &["broke the protocol", "invalid frame"]);
    assert_fails("kind: oversized-frame", 7, "plugin.protocol", &["longer than 1048576 bytes"]);
    assert_fails("kind: unknown-frame", 7, "plugin.protocol", &["invalid frame", "`surprise`"]);
}

#[test]
fn a_question_for_another_account() {
    assert_fails("kind: ask-for-another-account", 7, "plugin.protocol", &["broke the protocol", "invalid frame"]);
}

/// The thread that listens keeps the socket open (close(2), "Multithreaded processes"), so that the step is still heard of.
#[test]
fn descriptors_that_are_all_closed() {
    let installation = installation("kind: close-descriptors");
    let ended = run(&installation);
    // Its own threads may notice first, and abort.
    assert!([Some(124), Some(7)].contains(&ended.code), "{}", ended.stderr);
    assert!(["step.timed-out", "plugin.crashed"].map(|code| json!(code)).contains(&step(&ended)["error"]["code"]));
    assert_works(&installation);
}

/// A host that cannot hear its runner any more ends itself, whatever its plugin does.
#[test]
fn a_plugin_that_stops_hearing() {
    assert_fails("kind: stop-hearing", 7, "plugin.no-result", &["without a result"]);
}

/// A plugin may report what it likes of its own step, so a result that bypassed the host is one; it reaches no further.
#[test]
fn a_forged_result_is_a_result_of_its_own_step_only() {
    let installation = installation("kind: forged-done");
    let ended = run(&installation);
    ended.ok();
    assert_eq!(step(&ended)["outputs"], json!({ "ok": true, "detail": "forged" }));
    assert_eq!(installation.database("SELECT count(*) FROM step_execution"), [[1]]);
    assert_works(&installation);
}

#[test]
fn a_step_that_hangs_is_ended() {
    for fault in ["kind: hang", "kind: hang, ignoreSignals: true"] {
        let said = ["longer than its timeout of 3s", "it did not stop by itself and was ended"];
        assert_fails(fault, 124, "step.timed-out", &said);
    }
}

#[test]
fn a_step_that_hears_of_its_end_is_not_killed() {
    let installation = installation("kind: sleep-until-cancelled");
    let ended = run(&installation);
    let error = ended.failed(124, "step.timed-out");
    assert!(!error.contains("did not stop"), "{error}");
    assert_works(&installation);
}

/// That [`run`] would see what is left.
#[test]
fn the_host_is_in_the_session_while_it_runs() {
    let installation = installation("kind: hang");
    let runner = start_session(&installation);
    let two = || Ok((session_members(runner.id()).len() == 2).then_some(()));
    wait::until("the host", PATIENCE, two).unwrap();
    let session = runner.id();
    Ended::from(runner.wait_with_output().unwrap()).failed(124, "step.timed-out");
    assert_eq!(session_members(session), [0; 0]);
}
