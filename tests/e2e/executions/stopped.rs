//! Stopping executions: those that wait, that run, and that are over.

use crate::installation::assert_names;
use crate::stored::{comes_to, execution, gate, installation, only, open, script, serve, start, steps, stored};
use serde_json::json;

#[test]
fn one_that_waits_never_begins_and_one_that_is_over_stays_as_it_was() {
    let installation = stored(&[("quick", "steps: [{uses: misbehave/noop}]\n")]);
    let id = start(&installation, "quick", &[]);
    let ended = execution(&installation, "cancel", &id, &["--wait", "--output", "json"]);
    assert_names(&ended.stderr, &["it had not begun"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(ended.ok()).unwrap()["state"], "cancelled");
    let server = crate::stored::serve_once(&installation);
    assert!(!server.stderr.contains("execution begins"), "{}", server.stderr);
    let cancelled = comes_to(&installation, &id, "cancelled");
    assert_eq!(cancelled["code"], "execution.cancelled");
    let again = execution(&installation, "cancel", &id, &[]);
    again.ok();
    assert_names(&again.stderr, &["it had ended already, as `cancelled`"]);
}

#[test]
fn one_that_runs_is_stopped_wherever_it_runs() {
    let installation = installation("");
    let job =
        format!("steps: {}\n", json!([script("wait", &gate(&installation, "never")), script("after", "echo after")]));
    crate::stored::apply(&installation, &[("slow", &job)]);
    let _server = serve(&installation, "server-");
    let id = start(&installation, "slow", &[]);
    crate::stored::logs(&installation, &id, "waiting never");
    let ended = execution(&installation, "cancel", &id, &["--wait"]);
    ended.ok();
    assert_names(&ended.stderr, &["it is asked to stop", "it has ended as `cancelled`"]);
    assert_eq!(steps(&installation, &id), ["wait 1 cancelled", "after 1 skipped"]);
    assert_eq!(comes_to(&installation, &id, "cancelled")["code"], "step.cancelled");
    execution(&installation, "follow", &id, &[]).failed(130, "step.cancelled");
    open(&installation, "never");
}

/// `windlass run` hears of it too.
#[test]
fn a_run_without_a_server_is_stopped_from_another_process() {
    let installation = installation("");
    installation.job(&format!("steps: {}\n", json!([script("wait", &gate(&installation, "never"))])));
    let run = crate::started::Started::start(&installation, installation.job_command(&[]));
    run.says("wait| waiting never");
    let id = only(&installation);
    execution(&installation, "cancel", &id, &["--wait"]).ok();
    run.ended().failed(130, "step.cancelled");
}

crate::installation::also_on_postgres! {
    one_that_waits_never_begins_and_one_that_is_over_stays_as_it_was,
    one_that_runs_is_stopped_wherever_it_runs,
    a_run_without_a_server_is_stopped_from_another_process,
}
