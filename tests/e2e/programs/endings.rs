//! Every bad end of a program: the right code, nothing left of it, and the next step works.

use super::{Workshop, assert_ended_by_force, folder_of, has_control_groups, processes_of, signal, step, wait_for};
use crate::installation::{Ended, also_on_postgres, assert_names};
use rustix::process::Signal;
use serde_json::json;

/// The step fails with this code and says this; neither a process nor its folder is left.
#[track_caller]
fn assert_fails(kind: &str, exit: u8, code: &str, said: &[&str]) {
    let workshop = Workshop::new();
    let timeout = if exit == 124 { "5s" } else { "120s" };
    workshop.set_fault(&json!({"kind": kind}), timeout);
    let ended = workshop.run();
    assert_names(ended.failed(exit, code), said);
    assert_eq!(step(&ended)["error"]["code"], code);
    let folder = folder_of(&ended.stderr);
    assert_eq!(processes_of(&folder), [], "processes are left");
    assert!(!folder.exists(), "its folder is left");
    workshop.set_step("greet/hello", &json!({"names": ["Ada"]}), "60s");
    workshop.run().ok();
}

#[test]
fn an_exit_without_a_result() {
    assert_fails("exit_zero", 7, "plugin.no-result", &["without a result", "code 0"]);
    assert_fails("exit_seven", 7, "plugin.no-result", &["without a result", "code 7"]);
    assert_fails("half_frame", 7, "plugin.no-result", &["code 0"]);
}

#[test]
fn an_end_by_a_signal() {
    assert_fails("segfault", 7, "plugin.crashed", &["ended by SIGSEGV"]);
    assert_fails("kill_itself", 7, "plugin.crashed", &["ended by SIGSEGV"]);
}

#[test]
fn frames_that_are_none() {
    assert_fails("garbage_frames", 7, "plugin.protocol", &["invalid frame"]);
    assert_fails("unknown_frame", 7, "plugin.protocol", &["`surprise`"]);
    assert_fails("forged_frames", 7, "plugin.protocol", &["it greeted twice"]);
    assert_fails("long_preview", 7, "plugin.protocol", &["a preview is too long"]);
    assert_fails("long_line", 7, "plugin.protocol", &["longer than 1048576 bytes"]);
    assert_fails("closed_descriptors", 7, "plugin.protocol", &["closed the socket of its frames"]);
}

#[test]
fn output_without_end() {
    for kind in ["flood_stdout", "flood_log", "flood_stdout_from_child"] {
        assert_fails(kind, 7, "plugin.flooded", &["more than 1048576 bytes"]);
    }
}

#[test]
fn memory_without_end() {
    // Python notices the limit of its own address space, and ends.
    assert_fails("memory_without_end", 7, "plugin.no-result", &["code 1"]);
}

/// Each of the processes keeps within its limit; together they do not. Only a control group sees that, and ends one after
/// the other until the rest has room.
#[test]
fn memory_of_many_processes_without_end() {
    if !has_control_groups() {
        return;
    }
    let workshop = Workshop::new();
    assert_eq!(workshop.saw(&json!({"kind": "memory_of_many"})), json!({"ended_by": libc::SIGKILL}));
    workshop.set_fault(&json!({"kind": "memory_of_many", "path": "give up"}), "120s");
    let said = ["code 3", "of its processes w", "killed", "more memory than `limits.stepMemory`"];
    assert_names(workshop.run().failed(7, "plugin.no-result"), &said);
}

#[test]
fn a_step_that_does_not_stop_is_ended() {
    let said = ["longer than its timeout of 5s", "it did not stop by itself and was ended"];
    assert_fails("ignore_cancel", 124, "step.timed-out", &said);
    for kind in ["no_reading", "fork_bomb", "hopping_bomb"] {
        let workshop = Workshop::new();
        workshop.set_fault(&json!({"kind": kind}), "600s");
        assert_ended_by_force(workshop.start());
    }
}

/// What it leaves behind has another session and another parent, and ignores signals.
#[test]
fn what_a_step_leaves_behind_ends_with_it() {
    let workshop = Workshop::new();
    assert_eq!(workshop.saw(&json!({"kind": "orphan"})), json!({"ok": true}));
}

#[test]
fn a_neighbour_does_not_notice() {
    let (bad, good) = (Workshop::new(), Workshop::new());
    bad.set_fault(&json!({"kind": "fork_bomb"}), "600s");
    let mut runner = bad.start();
    wait_for(&mut runner, " in ");
    good.set_step("greet/hello", &json!({"names": ["Ada"]}), "120s");
    good.run().ok();
    if has_control_groups() {
        // Without them a program that starts others shares the user's number of processes with the bomb.
        good.set_step("disk-usage/report", &json!({"path": "/usr", "most": 100}), "120s");
        good.run().ok();
    }
    signal(&runner, Signal::INT);
    let ended = Ended::from(runner.wait_with_output().unwrap());
    assert_eq!(step(&ended)["error"]["code"], "step.cancelled");
}

/// No database keeps one in a text, and what is told of the step is recorded all the same.
#[test]
fn words_with_zero_bytes() {
    let workshop = Workshop::new();
    workshop.set_fault(&json!({"kind": "zero_bytes"}), "60s");
    let ended = workshop.run();
    assert_eq!(step(&ended)["state"], "failed", "{}", ended.stderr);
    assert_names(&ended.stderr, &["a table was dropped: its name has a zero byte"]);
    let recorded = "SELECT execution.state, step_execution.state, step_execution.reason FROM execution \
                    JOIN step_execution ON execution.id = step_execution.execution";
    assert_eq!(json!(workshop.installation.database(recorded)), json!([["failed", "failed", "a\u{fffd}b"]]));
    assert_eq!(workshop.installation.database("SELECT count(*) FROM artifact"), [[0]]);
}

also_on_postgres! { words_with_zero_bytes, }
