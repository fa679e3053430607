//! A runner that is killed takes its programs along; of a supervisor that is killed, its control group does.

use super::{Workshop, folder_of, has_control_groups, processes_of, signal, wait_for, wait_until_gone};
use crate::installation::Ended;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs;
use windlass_tests::processes::plugin_hosts;
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

/// Nobody but root or the system does that. An orphan keeps the pipes open, and the step is over all the same.
#[test]
fn a_supervisor_that_is_killed() {
    if !has_control_groups() {
        return;
    }
    let workshop = Workshop::new();
    workshop.set_fault(&json!({"kind": "orphan", "path": "stay"}), "600s");
    let mut runner = workshop.start();
    let folder = folder_of(&wait_for(&mut runner, " in "));
    let all = || Ok((processes_of(&folder).len() >= 2).then_some(()));
    wait::until("the orphan", PATIENCE, all).unwrap();
    let supervisor = plugin_hosts(runner.id()).pop().unwrap();
    kill_process(Pid::from_raw(supervisor.pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
    Ended::from(runner.wait_with_output().unwrap()).failed(7, "plugin.crashed");
    assert_eq!(processes_of(&folder), []);
}
