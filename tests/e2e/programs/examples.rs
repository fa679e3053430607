//! The examples that people begin with.

use super::{Workshop, outputs, signal, step, wait_for};
use crate::installation::{Ended, assert_names};
use rustix::process::Signal;
use serde_json::{Value, json};

#[test]
fn greetings_in_python() {
    let workshop = Workshop::new();
    workshop.set_step("greet/hello", &json!({"names": ["Ada", "Grace \"the\" Hopper"]}), "60s");
    let ended = workshop.run();
    ended.ok();
    assert_names(&ended.stderr, &["hello Ada", "hello Grace \"the\" Hopper"]);
    assert_eq!(outputs(&ended), json!({"greeted": 2}));
    let second = &step(&ended)["tables"]["greetings"][1];
    assert_eq!(*second, json!({"name": "Grace \"the\" Hopper", "greeting": "hello Grace \"the\" Hopper"}));
}

#[test]
fn a_greeting_stops_when_it_is_told_to() {
    let workshop = Workshop::new();
    workshop.set_step("greet/hello", &json!({"names": ["Ada", "Grace"], "pause": 600}), "600s");
    let mut runner = workshop.start();
    wait_for(&mut runner, "hello Ada");
    signal(&runner, Signal::INT);
    let ended = Ended::from(runner.wait_with_output().unwrap());
    let step = step(&ended);
    assert_eq!(step["error"]["code"], "step.cancelled");
    assert!(!ended.stderr.contains("did not stop"), "{}", ended.stderr);
}

#[test]
fn disk_usage_in_shell() {
    let workshop = Workshop::new();
    workshop.set_step("disk-usage/report", &json!({"path": "/usr", "most": 100}), "60s");
    let ended = workshop.run();
    ended.ok();
    let percent = outputs(&ended)["percent"].as_i64().unwrap();
    assert!((0..=100).contains(&percent), "{percent}");

    workshop.set_step("disk-usage/report", &json!({"path": "/nowhere/at/all"}), "60s");
    workshop.run().failed(1, "disk-usage.unknown");
}

/// Its metadata is in the manifest, so that the schema is checked and shown without a process.
#[test]
fn a_manifest_describes_its_plugin() {
    let workshop = Workshop::new();
    let folder = workshop.plugins.to_str().unwrap();
    let shown = workshop.installation.run(&["plugin", "show", "greet", "--output", "json", "--plugin-dir", folder]);
    let shown: Value = serde_json::from_str(shown.ok()).unwrap();
    assert_eq!(shown["path"], workshop.plugins.join("greet.plugin.yaml").to_str().unwrap());
    let hash = "cd \"$1\" && sha256sum greet.plugin.yaml greet.py | sha256sum";
    let sums = std::process::Command::new("sh").args(["-c", hash, "sh", folder]).output().unwrap();
    assert_eq!(shown["sha256"], String::from_utf8(sums.stdout).unwrap()[..64]);

    workshop.set_step("greet/hello", &json!({"nmaes": ["Ada"]}), "60s");
    assert_names(workshop.run().failed(4, "job.invalid-step"), &["no key `nmaes`", "did you mean `names`?"]);
}
