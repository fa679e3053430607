//! Log groups, streams and events: on the stand-in, each test in an AWS account of its own, and on the scripted server for
//! what the stand-in cannot show.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod created;
mod listed;
mod put;
mod tailed;

use crate::ground::standins;
use crate::installation::{Ended, Installation};
use crate::queries::installation;
use serde_json::Value;
use windlass_tests::ScriptedLogs;
use windlass_tests::scripted::Script;

/// Project `web` with the root key of an AWS account of the stand-in, where nothing is yet.
fn fresh(account: &str) -> Installation {
    installation(account, "test", &standins().services_url())
}

/// The same for the scripted server.
fn scripted(script: Script) -> (ScriptedLogs, Installation) {
    let server = ScriptedLogs::start(script).unwrap();
    let installation = installation("AKIASCRIPTED", "scripted", &server.url());
    (server, installation)
}

/// Runs one step after another, each a type of the plugin with its `with`.
fn run(installation: &Installation, steps: &[(&str, &str)]) -> Ended {
    installation.job(&job(steps));
    installation.run_job(&["--output", "json"])
}

fn job(steps: &[(&str, &str)]) -> String {
    let step = |(name, with): &(&str, &str)| format!("  - {{uses: cloudwatch-logs/{name}, with: {with}}}\n");
    format!("steps:\n{}", steps.iter().map(step).collect::<String>())
}

/// Step `number` of the document that a run printed.
#[track_caller]
fn step(ended: &Ended, number: usize) -> Value {
    let document: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error} in {ended:?}"));
    document["steps"][number].clone()
}

/// A column of the only table of such a step.
fn column(step: &Value, table: &str, name: &str) -> Vec<Value> {
    step["tables"][table].as_array().unwrap().iter().map(|row| row[name].clone()).collect()
}
