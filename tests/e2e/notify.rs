//! The steps that tell people: what others receive of them, and what they say when nobody does.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod mailed;
mod posted;
pub(crate) mod receivers;
mod signed;

use crate::installation::{Ended, Installation};
use serde_json::{Value, json};

/// Runs one step of the plugin with this `with`.
fn run(installation: &Installation, step: &str, with: &Value) -> Ended {
    run_with(installation, step, with, &json!({}))
}

/// The same with further keys of the step.
fn run_with(installation: &Installation, step: &str, with: &Value, more: &Value) -> Ended {
    let mut all = json!({"id": "tell", "uses": format!("notify/{step}"), "with": with});
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    installation.job(&format!("steps: [{all}]\n"));
    installation.run_job(&["--output", "json"])
}

/// The outputs of that step, of its last attempt.
#[track_caller]
fn outputs(ended: &Ended) -> Value {
    let document: Value = serde_json::from_str(ended.ok()).unwrap_or_else(|error| panic!("{error} in {ended:?}"));
    document["steps"].as_array().unwrap().last().unwrap()["outputs"].clone()
}
