//! A query outlives the process that started it: the next one joins it, or stops it. Real SIGKILL.

use super::{QUERY, scripted};
use crate::installation::{Installation, assert_names};
use crate::started::Started;
use crate::stored::{apply, comes_to, serve, serve_once, start};
use rustix::process::Signal;
use windlass_tests::ScriptedLogs;
use windlass_tests::scripted::{Query, Script, Status, numbered_rows};
use windlass_tests::wait::{self, PATIENCE};

/// A server that was killed while its query ran at AWS, and the execution.
fn killed(on_interrupted: &str, query: Query) -> (ScriptedLogs, Installation, String) {
    let (server, installation) = scripted(Script::new().query(query));
    apply(&installation, &[("lines", &format!("onInterrupted: {on_interrupted}\n{QUERY}"))]);
    let runner: Started = serve(&installation, "killed-");
    let id = start(&installation, "lines", &[]);
    let count = "SELECT count(*) FROM step_execution WHERE checkpoint IS NOT NULL";
    let look = || Ok((installation.database(count) == [[1]]).then_some(()));
    wait::until("a checkpoint", PATIENCE, look).unwrap();
    server.wait_for("GetQueryResults", 1, PATIENCE).unwrap();
    runner.signal(Signal::KILL);
    assert_eq!(runner.ended().code, None);
    (server, installation, id)
}

#[test]
fn a_running_query_is_joined_and_not_paid_again() {
    let query = Query::ends(Status::Complete, numbered_rows(3)).first(Status::Running, 12, &[]);
    let (server, installation, id) = killed("resume", query);
    let again = serve_once(&installation);
    let ended = comes_to(&installation, &id, "succeeded");
    assert_eq!(ended["steps"].as_array().unwrap().last().unwrap()["outputs"]["rowCount"], 3);
    assert_eq!((server.calls_of("StartQuery").len(), server.calls_of("StopQuery").len()), (1, 0));
    let logs = installation.run(&["execution", "logs", &id]);
    assert_names(logs.ok(), &["joined query `00000000-0000-4000-8000-000000000001`, which was started before"]);
    assert!(!again.stderr.contains("could not"), "{}", again.stderr);
}

#[test]
fn where_nobody_goes_on_it_is_stopped() {
    let (server, installation, id) = killed("fail", Query::never_ends());
    let again = serve_once(&installation);
    assert_names(&again.stderr, &["recorded as interrupted", "was ended", "stopped query"]);
    comes_to(&installation, &id, "interrupted");
    assert_eq!((server.calls_of("StartQuery").len(), server.calls_of("StopQuery").len()), (1, 1));
}
