//! Steps that do everything wrong: each harms itself and nothing else.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod denied;
mod endings;

use crate::installation::{Ended, Installation};
use serde_json::Value;
use std::fs;
use std::process::{Child, Command, Stdio};
use windlass_tests::binaries;

/// An installation with small limits and a job of one step of the misbehaving plugin.
fn installation(fault: &str) -> Installation {
    let grace = if fault.contains("hang") { "200ms" } else { "5s" };
    let limits = format!("{{stepMemory: 256MiB, stepOutput: 1MiB, cancelGrace: {grace}}}");
    let installation = Installation::new(&format!("projects: [{{name: web}}]\nlimits: {limits}\n"));
    set_fault(&installation, fault);
    installation
}

fn set_fault(installation: &Installation, fault: &str) {
    let waits_for_its_end =
        ["hang", "sleep-until-cancelled", "close-descriptors"].iter().any(|kind| fault.contains(kind));
    let timeout = if waits_for_its_end { "3s" } else { "30s" };
    installation
        .job(&format!("steps:\n  - {{id: bad, timeout: {timeout}, uses: misbehave/fault, with: {{{fault}}}}}\n"));
}

/// Runs the job in a session of its own, to its end; no process of the session is left.
#[track_caller]
fn run(installation: &Installation) -> Ended {
    let runner = start_session(installation);
    let session = runner.id();
    let ended = Ended::from(runner.wait_with_output().unwrap());
    assert_eq!(session_members(session), [0; 0], "processes are left");
    assert!(ended.code.is_some(), "a signal ended the runner");
    ended
}

/// The runner as the leader of a new session: `setsid` becomes it, and whatever it starts belongs to it for ever.
fn start_session(installation: &Installation) -> Child {
    let mut command = Command::new("setsid");
    command.arg(binaries::windlass().unwrap());
    let job = installation.folder().join("job.yaml");
    let arguments = ["run", job.to_str().unwrap(), "--project", "web", "--output", "json"];
    let mut command = installation.arguments_for(command, &arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The processes of a session, zombies included (proc(5): the fourth member behind the name is the session).
fn session_members(session: u32) -> Vec<u32> {
    let numbers = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let is_member = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let found = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(3)?.parse::<u32>().ok());
        found == Some(session)
    };
    numbers.filter(is_member).collect()
}

/// The step of what `--output json` printed.
#[track_caller]
fn step(ended: &Ended) -> Value {
    let execution: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("no JSON:\n{}", ended.stderr));
    execution["steps"][0].clone()
}

/// What the step saw when it tried something; that it was allowed to try is no failure.
#[track_caller]
fn seen(fault: &str) -> Value {
    let ended = run(&installation(fault));
    ended.ok();
    step(&ended)["outputs"].clone()
}
