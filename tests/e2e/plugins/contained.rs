//! How well a step is contained: recorded, demanded, and what is left of it where the kernel knows no Landlock.

use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use windlass_tests::{binaries, old_kernel};

fn installation(limits: &str, step: &str) -> Installation {
    let installation = Installation::new(&format!("projects: [{{name: web}}]\nlimits: {{{limits}}}\n"));
    installation.job(&format!("steps: [{{id: it, {step}}}]\n"));
    installation
}

/// Runs the job as on an older kernel.
fn run_on_an_old_kernel(installation: &Installation) -> Ended {
    let dev = Path::new(env!("CARGO_BIN_EXE_dev"));
    let command = old_kernel::without_landlock(dev, &binaries::windlass().unwrap());
    let job = installation.folder().join("job.yaml");
    let arguments = ["run", job.to_str().unwrap(), "--project", "web", "--output", "json"];
    Ended::from(installation.arguments_for(command, &arguments).output().unwrap())
}

fn level(installation: &Installation) -> Value {
    json!(installation.database("SELECT containment FROM step_execution"))
}

#[test]
fn a_library_is_contained_in_full_here() {
    let installation = installation("containment: full", "uses: misbehave/noop");
    installation.run_job(&[]).ok();
    assert_eq!(level(&installation), json!([["full"]]));
}

#[test]
fn without_landlock_a_library_is_contained_in_part() {
    let installation = installation("containment: partial", "uses: misbehave/noop");
    run_on_an_old_kernel(&installation).ok();
    assert_eq!(level(&installation), json!([["partial"]]));
}

#[test]
fn what_is_contained_worse_than_demanded_does_not_run() {
    let installation = installation("containment: full", "uses: misbehave/fault, with: {kind: stderr-line, text: ran}");
    let ended = run_on_an_old_kernel(&installation);
    let said = ["step `it`", "`misbehave`", "`partial` only", "`full` is demanded", "`limits.containment`"];
    assert_names(ended.failed(7, "plugin.not-contained"), &said);
    assert!(!ended.stderr.contains("it| ran"), "{}", ended.stderr);
}

/// Commands make their own connections.
#[test]
fn a_shell_step_is_open() {
    let step = "uses: shell/command, with: {command: ['true']}";
    let open = installation("", step);
    open.run_job(&[]).ok();
    assert_eq!(level(&open), json!([["open"]]));
    let ended = installation("containment: partial", step).run_job(&[]);
    assert_names(ended.failed(7, "plugin.not-contained"), &["`shell`", "`open` only", "`partial` is demanded"]);
}

/// That no socket can be had does not rest on Landlock.
#[test]
fn without_landlock_a_library_reaches_no_network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let step = format!("uses: misbehave/fault, with: {{kind: connect, address: '{address}'}}");
    let installation = installation("", &step);
    let ended = run_on_an_old_kernel(&installation);
    let document: Value = serde_json::from_str(ended.ok()).unwrap();
    assert_eq!(document["steps"][0]["outputs"]["ok"], false, "{document}");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nobody connected");
}
