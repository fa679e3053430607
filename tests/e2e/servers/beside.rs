//! Several processes on one data directory.

use crate::installation::assert_names;
use crate::started::Started;
use crate::stored::{apply, comes_to, gate, installation, logs, open, script, serve, shared, start};
use serde_json::{Value, json};

#[test]
fn a_run_goes_on_beside_a_server() {
    let installation = installation("");
    let steps = json!([script("wait", &gate(&installation, "one"))]);
    apply(&installation, &[("slow", &format!("steps: {steps}\n"))]);
    let server = serve(&installation, "server-");
    let served = start(&installation, "slow", &[]);
    logs(&installation, &served, "waiting one");
    installation.job(&format!("steps: {steps}\n"));
    let run = Started::start(&installation, installation.job_command(&["--output", "json"]));
    run.says("wait| waiting one");
    open(&installation, "one");
    let ended = run.ended();
    let printed: Value = serde_json::from_str(ended.ok()).unwrap();
    comes_to(&installation, &served, "succeeded");
    assert!(!server.said().contains(printed["execution"].as_str().unwrap()), "each runs its own: {}", server.said());
}

/// The run of a file waits for the stored job of the same name, and the server may be the one that runs it then.
#[test]
fn a_run_that_waits_for_its_turn_ends_well_whoever_runs_it() {
    let installation = installation("");
    let steps = json!([script("wait", &gate(&installation, "one"))]);
    apply(&installation, &[("test", &format!("steps: {steps}\n"))]);
    let _server = serve(&installation, "server-");
    let served = start(&installation, "test", &[]);
    logs(&installation, &served, "waiting one");
    installation.job("steps: [{id: rows, uses: misbehave/rows, with: {count: 2}}]\n");
    let run = Started::start(&installation, installation.job_command(&["--output", "json"]));
    run.says("waiting for another execution of this job to end");
    open(&installation, "one");
    let ended = run.ended();
    let printed: Value = serde_json::from_str(ended.ok()).unwrap();
    assert_eq!((&printed["state"], &printed["steps"][0]["outputs"]), (&"succeeded".into(), &json!({"count": 2})));
}

#[test]
fn two_servers_share_the_work_and_run_nothing_twice() {
    let installation = installation("");
    let file = shared(&installation, "ran").display().to_string();
    let steps = json!([script("note", &format!("echo $WINDLASS_EXECUTION >> '{file}'"))]);
    apply(&installation, &[("note", &format!("concurrency: {{limit: 4}}\nsteps: {steps}\n"))]);
    let servers = ["one-", "two-"].map(|name| serve(&installation, name));
    let mut ids: Vec<String> = std::iter::repeat_with(|| start(&installation, "note", &[])).take(12).collect();
    for id in &ids {
        comes_to(&installation, id, "succeeded");
    }
    let mut ran: Vec<String> = std::fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
    ran.sort_unstable();
    ids.sort_unstable();
    assert_eq!(ran, ids);
    for server in &servers {
        assert_names(
            &server.said(),
            &["the server begins", "version=", "database=", "data_dir=", "max_executions=", "settled=0"],
        );
    }
}
