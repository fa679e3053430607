use super::*;
use std::process::{Child, Command, Stdio};

/// Only where groups can be made; elsewhere there is nothing to test.
fn group(processes: u64) -> Option<ControlGroup> {
    ControlGroup::create(processes, 64 << 20)
}

fn waiting_shell(script: &str) -> Child {
    Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

#[test]
fn whatever_is_in_a_group_goes_with_it() {
    let Some(group) = group(8) else { return };
    let mut shell = waiting_shell("read -r _; sleep 600 & setsid sleep 600 & echo started; wait");
    group.add(shell.id()).unwrap();
    drop(shell.stdin.take());
    let mut said = [0; 8];
    std::io::Read::read_exact(shell.stdout.as_mut().unwrap(), &mut said).unwrap();
    let folders = group.folders.clone();
    assert!(members(&folders[0]).count() >= 2);
    drop(group);
    assert!(folders.iter().all(|folder| !folder.exists()));
    assert!(!shell.wait().unwrap().success());
}

#[test]
fn a_group_bounds_the_number_of_processes() {
    let Some(group) = group(2) else { return };
    let script = "read -r _; for i in 1 2 3 4 5 6 7 8 9; do sleep 600 & done 2>/dev/null; echo all";
    let mut shell = waiting_shell(script);
    group.add(shell.id()).unwrap();
    drop(shell.stdin.take());
    // It ends when it cannot make another one, and leaves the others behind.
    assert!(!shell.wait().unwrap().success());
    let most = members(&group.folders[0]).count() as u64;
    assert!(most <= 2 + OF_HOST, "{most}");
}

#[test]
fn groups_of_runners_that_are_gone_are_removed() {
    let Some(group) = group(8) else { return };
    let mut runner = Command::new("true").spawn().unwrap();
    let name = group.folders[0].file_name().unwrap().to_str().unwrap().to_owned();
    let mut fields: Vec<&str> = name.split('-').collect();
    let gone = runner.id().to_string();
    runner.wait().unwrap();
    fields[1] = &gone;
    let stale = group.folders[0].with_file_name(fields.join("-"));
    fs::create_dir(&stale).unwrap();
    drop(self::group(8));
    assert!(!stale.exists() && group.folders[0].exists());
}
