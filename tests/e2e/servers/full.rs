//! More executions of a job than may run at once.

use crate::installation::{Installation, assert_names};
use crate::stored::{apply, comes_to, gate, installation, logs, open, serve, shown, start};
use serde_json::json;

fn slow(installation: &Installation, concurrency: &str) -> String {
    let step = crate::stored::script("wait", &gate(installation, "one"));
    format!("concurrency: {concurrency}\nsteps: {}\n", json!([step]))
}

#[test]
fn others_wait_by_default() {
    let installation = installation("");
    apply(
        &installation,
        &[("slow", &slow(&installation, "{limit: 1}")), ("other", "steps: [{uses: misbehave/noop}]\n")],
    );
    let server = serve(&installation, "server-");
    let ids: Vec<String> = std::iter::repeat_with(|| start(&installation, "slow", &[])).take(3).collect();
    logs(&installation, &ids[0], "waiting one");
    // Another job is not held up.
    let other = start(&installation, "other", &[]);
    comes_to(&installation, &other, "succeeded");
    assert_eq!(shown(&installation, &ids[1])["state"], "queued");
    open(&installation, "one");
    for id in &ids {
        comes_to(&installation, id, "succeeded");
    }
    let overlap = "SELECT count(*) FROM execution a JOIN execution b ON a.job_key = b.job_key AND a.id < b.id \
                   AND a.started_at < b.ended_at AND b.started_at < a.ended_at AND a.job = 'slow'";
    assert_eq!(installation.database(overlap), [[0]]);
    assert_eq!(server.said().matches("execution begins").count(), 4, "{}", server.said());
}

#[test]
fn one_more_is_skipped() {
    let installation = installation("");
    apply(&installation, &[("slow", &slow(&installation, "{limit: 1, whenFull: skip}"))]);
    let _server = serve(&installation, "server-");
    let first = start(&installation, "slow", &[]);
    logs(&installation, &first, "waiting one");
    let ended = installation.run(&["job", "start", "slow", "--project", "web", "--output", "json"]);
    assert_names(ended.failed(1, "execution.skipped"), &[&first, "only one may run at once"]);
    let said: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(said["state"], "skipped");
    let skipped = shown(&installation, said["execution"].as_str().unwrap());
    assert_eq!(
        (&skipped["state"], &skipped["code"], &skipped["steps"]),
        (&"skipped".into(), &"execution.skipped".into(), &json!([]))
    );
    open(&installation, "one");
    comes_to(&installation, &first, "succeeded");
}

#[test]
fn a_newer_one_takes_the_place() {
    let installation = installation("");
    apply(&installation, &[("slow", &slow(&installation, "{limit: 1, whenFull: replace}"))]);
    let first = start(&installation, "slow", &[]);
    let ended = installation.run(&["job", "start", "slow", "--project", "web"]);
    let second = ended.ok().trim().to_owned();
    assert_names(&ended.stderr, &["it takes the place of execution", &first]);
    let replaced = comes_to(&installation, &first, "cancelled");
    assert_eq!(replaced["code"], "execution.replaced");
    assert!(replaced["reason"].as_str().unwrap().contains(&second), "{replaced}");
    let _server = serve(&installation, "server-");
    logs(&installation, &second, "waiting one");
    open(&installation, "one");
    let third = start(&installation, "slow", &[]);
    comes_to(&installation, &third, "succeeded");
    let state = shown(&installation, &second)["state"].clone();
    assert!(state == "cancelled" || state == "succeeded", "{state}");
}

crate::installation::also_on_postgres! {
    others_wait_by_default,
    one_more_is_skipped,
    a_newer_one_takes_the_place,
}
