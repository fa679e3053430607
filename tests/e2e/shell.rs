//! The `shell` plugin in the runner: commands and scripts, what they are given and what they may not reach, and that
//! nothing of them is left.
//!
//! Deliberately absent: what the plugin does by itself; its own tests drive it without a runner.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod accounts;
mod commands;
mod sandbox;
mod scripts;
mod secrets;
mod stopped;

use crate::installation::{Ended, Installation};
use serde_json::{Value, json};

/// An installation with the project `web`, the search path of the tests, and these further lines of configuration.
fn installation(lines: &str) -> Installation {
    let path = json!(std::env::var("PATH").unwrap());
    Installation::new(&format!("projects: [{{name: web}}]\nshell: {{path: {path}, home: /home/of-the-test{lines}\n"))
}

/// One whose shell settings are at their defaults, for steps that need no program but the system's.
fn plain() -> Installation {
    installation("}")
}

/// Writes a job of steps `{id, uses, with, ...}`. JSON is YAML, and quotes itself.
fn set_steps(installation: &Installation, steps: &Value) {
    installation.job(&format!("concurrency: {{limit: 9}}\noptions: [{{name: value}}]\nsteps: {steps}\n"));
}

fn step(uses: &str, with: &Value) -> Value {
    json!({"id": "it", "uses": uses, "with": with})
}

/// Runs one step to its end.
fn run(installation: &Installation, uses: &str, with: &Value, arguments: &[&str]) -> Ended {
    set_steps(installation, &json!([step(uses, with)]));
    installation.run_job(&[&["--output", "json"], arguments].concat())
}

/// The outputs of the step of a job that succeeded.
#[track_caller]
fn outputs(ended: &Ended) -> Value {
    ended.ok();
    let execution: Value = serde_json::from_str(&ended.stdout).unwrap();
    execution["steps"][0]["outputs"].clone()
}

/// Runs a script that prints a text, which becomes its output.
#[track_caller]
fn text(installation: &Installation, script: &str, more: &[(&str, Value)]) -> String {
    let mut with = json!({"script": script, "interpreter": ["bash", "-u"], "output": "text"});
    for (key, value) in more {
        with[*key] = value.clone();
    }
    outputs(&run(installation, "shell/script", &with, &[]))["text"].as_str().unwrap().to_owned()
}

/// The lines that the step `it` wrote into the log.
fn log(ended: &Ended) -> Vec<&str> {
    ended.stderr.lines().filter_map(|line| line.split_once("it| ")).map(|(_, text)| text).collect()
}
