//! Queries that are given up: whoever ends the run, nothing goes on at AWS or here that can be stopped.

use super::{QUERY, document, scripted};
use crate::installation::{Installation, assert_names};
use crate::started::{Started, all_end};
use crate::stored::{gate, open, script};
use rustix::process::Signal;
use serde_json::json;
use windlass_tests::ScriptedLogs;
use windlass_tests::processes::{Process, plugin_hosts};
use windlass_tests::scripted::{Query, Script};
use windlass_tests::wait::PATIENCE;

const QUERY_ID: &str = "00000000-0000-4000-8000-000000000001";

/// A run whose query never ends, seen running at AWS, and its plugin host.
struct Watching {
    run: Started,
    server: ScriptedLogs,
    hosts: Vec<Process>,
    _installation: Installation,
}

fn watching() -> Watching {
    let (server, installation) = scripted(Script::new().query(Query::never_ends()));
    let run = Started::start(&installation, installation.job_command(&["--output", "json"]));
    server.wait_for("GetQueryResults", 1, PATIENCE).unwrap();
    let hosts = plugin_hosts(run.pid());
    assert_eq!(hosts.len(), 1, "one step has one host");
    Watching { run, server, hosts, _installation: installation }
}

#[track_caller]
fn assert_stopped_once(server: &ScriptedLogs) {
    let stops: Vec<_> = server.calls_of("StopQuery").into_iter().map(|call| (call.body, call.error)).collect();
    assert_eq!(stops, [(serde_json::json!({"queryId": QUERY_ID}), None)]);
}

fn stopped_by(signal: Signal) {
    let Watching { run, server, hosts, _installation } = watching();
    run.signal(signal);
    let ended = run.ended();
    assert_names(ended.failed(130, "step.cancelled"), &["step `lines`", "was cancelled"]);
    assert_names(&ended.stderr, &[&format!("stopped query `{QUERY_ID}` at AWS")]);
    assert_eq!(document(&ended)["state"], "cancelled");
    assert_stopped_once(&server);
    assert!(!hosts[0].runs(), "the plugin host is left");
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
    installation.job(&QUERY.replace("with:", "timeout: 5s\n    with:"));
    let ended = installation.run_job(&["--output", "json"]);
    assert_names(ended.failed(124, "step.timed-out"), &["step `lines`", "5s"]);
    assert_eq!(document(&ended)["state"], "timedOut");
    assert_stopped_once(&server);
}

/// What fails beside it ends the group, and with it the query at AWS.
#[test]
fn a_step_that_fails_beside_it_stops_the_query() {
    let (server, installation) = scripted(Script::new().query(Query::never_ends()));
    let fails = script("fails", &format!("{}; exit 3", gate(&installation, "sibling")));
    let with = json!({"logGroups": ["/app/web"], "query": "fields @message"});
    let lines = json!({"id": "lines", "uses": "cloudwatch-logs/query", "with": with});
    installation.job(&format!("steps: [{}]\n", json!({"parallel": {"steps": [lines, fails]}})));
    let run = Started::start(&installation, installation.job_command(&["--output", "json"]));
    server.wait_for("GetQueryResults", 1, PATIENCE).unwrap();
    run.says("waiting sibling");
    open(&installation, "sibling");
    let ended = run.ended();
    ended.failed(1, "shell.exit-code");
    assert_names(&ended.stderr, &[&format!("stopped query `{QUERY_ID}` at AWS")]);
    assert_stopped_once(&server);
}

/// The first one gives a step ten minutes to stop here, so only the second can be the reason for the end.
#[test]
fn a_second_ctrl_c_waits_for_nothing() {
    let installation = Installation::new("projects: [{name: web}]\nlimits: {cancelGrace: 10m}\n");
    installation.job("steps: [{id: deaf, uses: misbehave/fault, with: {kind: hang, ignoreSignals: true}}]\n");
    let mut run = Started::start(&installation, installation.job_command(&[]));
    run.says("deaf: misbehave/fault");
    let host = run.host();
    run.signal(Signal::INT);
    run.says("press Ctrl-C again to end at once");
    run.signal(Signal::INT);
    assert_eq!(run.wait().code(), Some(130));
    all_end(&[host]);
}

#[test]
fn a_killed_runner_leaves_no_plugin_host() {
    let Watching { mut run, hosts, .. } = watching();
    run.signal(Signal::KILL);
    run.wait();
    all_end(&hosts);
}
