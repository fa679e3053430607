//! Queries that are given up: whoever ends the run, nothing goes on at AWS or here that can be stopped.

use super::{QUERY, document, scripted};
use crate::installation::{Ended, Installation, assert_names};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::process::Child;
use std::time::{Duration, Instant};
use windlass_tests::processes::{Process, plugin_hosts};
use windlass_tests::scripted::{Query, Script};
use windlass_tests::{ScriptedLogs, wait};

const LIMIT: Duration = Duration::from_secs(20);
const QUERY_ID: &str = "00000000-0000-4000-8000-000000000001";

/// A run whose query never ends, seen running at AWS, and its plugin host.
fn watching() -> (ScriptedLogs, Installation, Child, Vec<Process>) {
    let (server, installation) = scripted(Script::new().query(Query::never_ends()));
    let child = installation.start_job(&["--output", "json"]);
    server.wait_for("GetQueryResults", 1, LIMIT).unwrap();
    let hosts = plugin_hosts(child.id());
    assert_eq!(hosts.len(), 1, "one step has one host");
    (server, installation, child, hosts)
}

/// To this process alone, as `kill` does; Ctrl-C at a terminal reaches its group, of which no plugin host is a member.
fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[track_caller]
fn assert_stopped(server: &ScriptedLogs, hosts: &[Process]) {
    let stops: Vec<_> = server.calls_of("StopQuery").into_iter().map(|call| (call.body, call.error)).collect();
    assert_eq!(stops, [(serde_json::json!({"queryId": QUERY_ID}), None)]);
    assert!(!hosts.iter().any(|host| host.runs()), "a plugin host is left");
}

fn stopped_by(kind: Signal) {
    let (server, _installation, child, hosts) = watching();
    signal(&child, kind);
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_names(ended.failed(130, "step.cancelled"), &["step `lines`", "was cancelled"]);
    assert_names(&ended.stderr, &[&format!("stopped query `{QUERY_ID}` at AWS")]);
    assert_eq!(document(&ended)["state"], "cancelled");
    assert_stopped(&server, &hosts);
}

#[test]
fn ctrl_c_stops_the_query() {
    stopped_by(Signal::INT);
}

#[test]
fn so_does_sigterm() {
    stopped_by(Signal::TERM);
}

#[test]
fn a_step_that_runs_out_of_time_stops_its_query() {
    let (server, installation) = scripted(Script::new().query(Query::never_ends()));
    installation.job(&QUERY.replace("with:", "timeout: 1s\n    with:"));
    let ended = installation.run_job(&["--output", "json"]);
    assert_names(ended.failed(124, "step.timed-out"), &["step `lines`", "timeout of 1s"]);
    assert_eq!(document(&ended)["state"], "timedOut");
    assert_stopped(&server, &[]);
}

#[test]
fn a_second_ctrl_c_waits_for_nothing() {
    let installation = Installation::new("projects: [{name: web}]\nlimits: {cancelGrace: 10m}\n");
    installation.job("steps: [{id: deaf, uses: misbehave/fault, with: {kind: hang, ignoreSignals: true}}]\n");
    let stderr = installation.folder().join("stderr");
    let mut command = installation.job_command(&[]);
    let mut child = command.stderr(File::create(&stderr).unwrap()).spawn().unwrap();
    let said = |words: &'static str| {
        let read = || Ok(fs::read_to_string(&stderr).unwrap().contains(words).then_some(()));
        wait::until(words, LIMIT, read).unwrap();
    };
    said("deaf: misbehave/fault");
    let hosts = wait::until("the host", LIMIT, || Ok(Some(plugin_hosts(child.id())).filter(|hosts| !hosts.is_empty())));
    signal(&child, Signal::INT);
    said("press Ctrl-C again to end at once");
    let began = Instant::now();
    signal(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    all_end(&hosts.unwrap());
}

#[test]
fn a_killed_runner_leaves_no_plugin_host() {
    let (_server, _installation, mut child, hosts) = watching();
    child.kill().unwrap();
    child.wait().unwrap();
    all_end(&hosts);
}

fn all_end(hosts: &[Process]) {
    let ended = || Ok((!hosts.iter().any(|host| host.runs())).then_some(()));
    wait::until("the end of the plugin hosts", LIMIT, ended).unwrap();
}
