//! Servers that are asked to stop.

use crate::installation::assert_names;
use crate::stored::{apply, comes_to, gate, installation, logs, open, script, serve, serve_once, shown, start, steps};
use rustix::process::Signal;
use serde_json::json;

#[test]
fn what_runs_is_let_go_on_and_what_waits_stays() {
    let installation = installation("");
    let job =
        format!("steps: {}\n", json!([script("wait", &gate(&installation, "one")), script("after", "echo after")]));
    apply(&installation, &[("slow", &job)]);
    let server = serve(&installation, "server-");
    let (runs, waits) = (start(&installation, "slow", &[]), start(&installation, "slow", &[]));
    logs(&installation, &runs, "waiting one");
    server.signal(Signal::TERM);
    server.says("stopping; nothing new begins running=1");
    open(&installation, "one");
    let ended = server.ended();
    ended.ok();
    assert_eq!(ended.stdout, "");
    assert_names(&ended.stderr, &["asked to stop signal=SIGTERM", "state=succeeded", "the server has stopped"]);
    assert_eq!(steps(&installation, &runs), ["wait 1 succeeded", "after 1 succeeded"]);
    assert_eq!(shown(&installation, &waits)["state"], "queued");
    serve_once(&installation);
    comes_to(&installation, &waits, "succeeded");
    assert_eq!(installation.database("SELECT count(*) FROM execution WHERE state = 'running'"), [[0]]);
}

#[test]
fn what_is_not_over_in_time_is_stopped() {
    let installation = installation("server: {stopGrace: 1s}\n");
    let job = |more: &str| format!("{more}steps: {}\n", json!([script("wait", &gate(&installation, "one"))]));
    apply(&installation, &[("stops", &job("")), ("goeson", &job("onInterrupted: resume\nallowRepeat: true\n"))]);
    let server = serve(&installation, "server-");
    let (stops, goes_on) = (start(&installation, "stops", &[]), start(&installation, "goeson", &[]));
    logs(&installation, &stops, "waiting one");
    logs(&installation, &goes_on, "waiting one");
    server.signal(Signal::INT);
    let ended = server.ended();
    ended.ok();
    let stopped = shown(&installation, &stops);
    assert_eq!((&stopped["state"], &stopped["reason"]), (&"cancelled".into(), &"the server was stopped".into()));
    assert_eq!(shown(&installation, &goes_on)["state"], "queued");
    assert_eq!(steps(&installation, &goes_on), ["wait 1 interrupted"]);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let installation = installation("");
    apply(&installation, &[("slow", &format!("steps: {}\n", json!([script("wait", &gate(&installation, "one"))])))]);
    let server = serve(&installation, "server-");
    let id = start(&installation, "slow", &[]);
    logs(&installation, &id, "waiting one");
    server.signal(Signal::TERM);
    server.says("stopping; nothing new begins");
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code, Some(130));
    let next = serve_once(&installation);
    assert_names(&next.stderr, &["its runner had ended: execution recorded as interrupted", &id, "settled=1"]);
    assert_eq!(comes_to(&installation, &id, "interrupted")["code"], "execution.interrupted");
}

crate::installation::also_on_postgres! {
    what_runs_is_let_go_on_and_what_waits_stays,
    what_is_not_over_in_time_is_stopped,
}
