//! What the process of a plugin shows of itself.

use crate::installation::{Ended, Installation};
use crate::started::Started;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use windlass_tests::processes::Process;

fn installation(fault: &str) -> Installation {
    let installation = Installation::new("projects: [{name: web}]\n");
    installation.job(&format!("steps: [{{id: fault, uses: misbehave/fault, with: {{kind: {fault}}}}}]\n"));
    installation
}

#[test]
fn a_plugin_has_an_empty_environment_and_nothing_on_its_command_line() {
    let installation = installation("print-env");
    let mut command = installation.job_command(&["--output", "json"]);
    command.env("AWS_SECRET_ACCESS_KEY", "recognisable").env("HOME", "/root").env("LD_LIBRARY_PATH", "/nowhere");
    let ended = Ended::from(command.output().unwrap());
    let document: Value = serde_json::from_str(ended.ok()).unwrap();
    let seen = &document["steps"][0]["outputs"];
    assert_eq!((&seen["ok"], &seen["environment"]), (&json!(true), &Value::Null), "left out when it is empty: {seen}");
    assert_eq!(seen["arguments"], json!(["windlass-plugin-host"]));
}

/// What can be read of a process by another one of the same user.
fn readable(process: Process, user: u32, group: u32) -> Vec<&'static str> {
    let read = |name: &&&str| {
        let mut command = Command::new("head");
        command.args(["-c", "1"]).arg(process.file(name)).uid(user).gid(group);
        let output = command.output().unwrap();
        let denied = String::from_utf8_lossy(&output.stderr).contains("Permission denied");
        assert!(output.status.success() != denied, "{output:?}");
        !denied
    };
    ["cmdline", "environ", "maps", "auxv"].iter().filter(read).copied().collect()
}

/// It holds keys, and other steps may run as the same user: so it is not dumpable (prctl(2), `PR_SET_DUMPABLE`), which
/// keeps all that is not public from its siblings. A plain process of that user is the control.
#[test]
fn a_sibling_of_the_same_user_cannot_look_into_a_plugin() {
    let installation = installation("sleep-until-cancelled");
    let run = Started::start(&installation, installation.job_command(&[]));
    run.says("waiting until it is cancelled");
    let host = run.host();
    let (user, group) = ids(host);
    let mut plain = Command::new("sleep").arg("600").uid(user).gid(group).spawn().unwrap();
    let sibling = Process::of(plain.id()).unwrap();
    let (of_host, of_plain) = (readable(host, user, group), readable(sibling, user, group));
    plain.kill().unwrap();
    plain.wait().unwrap();
    assert_eq!(of_plain, ["cmdline", "environ", "maps", "auxv"]);
    assert_eq!(of_host, ["cmdline"]);
}

/// The real user and group.
fn ids(process: Process) -> (u32, u32) {
    let status = fs::read_to_string(process.file("status")).unwrap();
    let id = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    (id("Uid:"), id("Gid:"))
}
