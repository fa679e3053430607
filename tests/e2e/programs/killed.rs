//! A runner that is killed takes its programs along.

use super::{Workshop, folder_of, processes_of, signal, wait_for, wait_until_gone};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use windlass_tests::wait::{self, PATIENCE};

#[track_caller]
fn assert_gone_with_its_runner(with: &Value) {
    let workshop = Workshop::new();
    workshop.set_fault(with, "600s");
    let mut runner = workshop.start();
    let folder = folder_of(&wait_for(&mut runner, " in "));
    assert!(!processes_of(&folder).is_empty(), "that they would be seen");
    signal(&runner, Signal::KILL);
    runner.wait().unwrap();
    wait_until_gone(&folder);
    let is_empty = || Ok(fs::read_dir(&folder).map_or(true, |mut entries| entries.next().is_none()).then_some(()));
    wait::until("an empty folder", PATIENCE, is_empty).unwrap();

    // The folder itself goes with the next step.
    workshop.set_step("greet/hello", &json!({"names": ["Ada"]}), "60s");
    workshop.run().ok();
    assert!(!folder.exists());
}

#[test]
fn a_program_that_ignores_signals() {
    assert_gone_with_its_runner(&json!({"kind": "ignore_cancel"}));
}

#[test]
fn a_program_with_an_orphan() {
    assert_gone_with_its_runner(&json!({"kind": "orphan", "path": "stay"}));
}

#[test]
fn a_fork_bomb() {
    assert_gone_with_its_runner(&json!({"kind": "fork_bomb"}));
}
