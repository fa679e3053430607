//! The same as a user who is not root: no other user to become, and no control groups.

use super::{Workshop, assert_ended_by_force, built, folder_of, outputs, signal, wait_for, wait_until_gone};
use crate::installation::Ended;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Nobody of the system.
const USER: u32 = 48_231;

fn give_away(path: &Path) {
    chown(path, Some(USER), Some(USER)).unwrap();
    if path.is_dir() {
        path.read_dir().unwrap().for_each(|entry| give_away(&entry.unwrap().path()));
    }
}

/// Starts the fault as that user; the checkout may lie where that user cannot go. Others run these very tests as
/// themselves.
fn start_as_user(workshop: &Workshop, with: &Value) -> Option<Child> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let folder = workshop.installation.folder();
    workshop.set_fault(with, "600s");
    for binary in ["windlass", "windlass-plugin-host"] {
        assert!(Command::new("cp").args([&built(binary), &folder.join(binary)]).status().unwrap().success());
    }
    give_away(folder);
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={USER}"), format!("--regid={USER}"), "--clear-groups".to_owned()]);
    command.arg(folder.join("windlass"));
    let job = folder.join("job.yaml");
    let arguments = [&["run", job.to_str().unwrap(), "--project", "web"], &workshop.arguments()[..]].concat();
    let mut command = workshop.installation.arguments_for(command, &arguments);
    Some(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

fn run_as_user(workshop: &Workshop, with: &Value) -> Option<Ended> {
    Some(Ended::from(start_as_user(workshop, with)?.wait_with_output().unwrap()))
}

#[test]
fn a_program_is_that_user() {
    let workshop = Workshop::new();
    let Some(ended) = run_as_user(&workshop, &json!({"kind": "limits"})) else { return };
    ended.ok();
    let seen = outputs(&ended);
    assert_eq!((&seen["uid"], &seen["session"]), (&json!(USER), &json!(true)));
    let most = seen["limits"]["RLIMIT_NPROC"][0].as_u64().unwrap();
    assert!((1..10_000).contains(&most), "what the user runs and what a step may, not the system's {most}");
}

#[test]
fn that_users_files_are_out_of_reach() {
    for path in ["master.key", "data/windlass.db"] {
        let workshop = Workshop::new();
        workshop.installation.set_key("keys/project/web/token", "hunter2");
        let path = workshop.installation.folder().join(path);
        let Some(ended) = run_as_user(&workshop, &json!({"kind": "read", "path": path})) else { return };
        ended.ok();
        assert_eq!(outputs(&ended), json!({"result": "EACCES"}), "{}", path.display());
    }
}

#[test]
fn that_users_bombs_and_orphans_are_gone_as_well() {
    for with in
        [json!({"kind": "fork_bomb"}), json!({"kind": "hopping_bomb"}), json!({"kind": "orphan", "path": "stay"})]
    {
        let workshop = Workshop::new();
        let Some(runner) = start_as_user(&workshop, &with) else { return };
        assert_ended_by_force(runner);
    }
}

#[test]
fn a_killed_runner_of_that_user_takes_its_program_along() {
    let workshop = Workshop::new();
    let with = json!({"kind": "orphan", "path": "stay"});
    let Some(mut runner) = start_as_user(&workshop, &with) else { return };
    let folder = folder_of(&wait_for(&mut runner, " in "));
    signal(&runner, Signal::KILL);
    runner.wait().unwrap();
    wait_until_gone(&folder);
}
