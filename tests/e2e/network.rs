//! Where a step may connect, and every way past that which is known: the plugin `escape` tries it, and the servers here say
//! whether somebody came. What each way can do where nothing stops it is shown beside it, by the step type that has
//! sockets of its own, or by the plugin's unit tests.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod asked;
mod aws;
mod handed;
mod landlock;
mod metadata;
mod proxied;
mod servers;
mod sockets;
mod values;
mod web;

use crate::installation::{Ended, Installation};
use rustix::io::Errno;
use serde_json::{Value, json};

/// A way that the plugin tries, and from where.
struct Try<'a> {
    /// `escape`, or `direct` with sockets of its own.
    step: &'a str,
    granted: &'a [&'a str],
    way: Value,
}

impl<'a> Try<'a> {
    fn new(way: Value) -> Self {
        Self { step: "escape", granted: &[], way }
    }

    /// May connect to these addresses, `http://...`.
    fn granted(self, granted: &'a [&'a str]) -> Self {
        Self { granted, ..self }
    }

    /// With sockets of its own.
    fn direct(self) -> Self {
        Self { step: "direct", ..self }
    }

    fn step(&self, id: &str) -> String {
        let with = json!({"granted": self.granted, "way": self.way});
        format!("  - {{id: {id}, uses: escape/{}, with: {with}}}\n", self.step)
    }
}

/// An installation with this `network:`, of which `escape` may have sockets of its own.
fn installation(network: &Value) -> Installation {
    let mut network = network.clone();
    network["directPlugins"] = json!(["escape"]);
    Installation::new(&format!("projects: [{{name: web}}]\nnetwork: {network}\n"))
}

/// Writes a job that tries these one after the other.
fn set_job(installation: &Installation, tries: &[Try<'_>]) {
    let steps: String = tries.iter().enumerate().map(|(number, one)| one.step(&format!("step{number}"))).collect();
    installation.job(&format!("steps:\n{steps}"));
}

/// What came of each; that it was allowed to try is no failure.
#[track_caller]
fn attempts(ended: &Ended) -> Vec<Value> {
    ended.ok();
    let execution: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("no JSON:\n{}", ended.stderr));
    execution["steps"].as_array().unwrap().iter().map(|step| step["outputs"]["attempts"].clone()).collect()
}

#[track_caller]
fn try_all(network: &Value, tries: &[Try<'_>]) -> Vec<Value> {
    let installation = installation(network);
    set_job(&installation, tries);
    attempts(&installation.run_job(&["--output", "json"]))
}

#[track_caller]
fn try_one(network: &Value, one: Try<'_>) -> Value {
    try_all(network, &[one]).remove(0)
}

/// The filter said no to it.
#[track_caller]
fn assert_filtered(attempt: &Value) {
    assert_eq!((&attempt["ok"], &attempt["errno"]), (&json!(false), &json!(Errno::PERM.raw_os_error())), "{attempt}");
}

/// The runner said no to it, in these words.
#[track_caller]
fn assert_refused(attempt: &Value, words: &[&str]) {
    let detail = attempt["detail"].as_str().unwrap_or_default();
    assert!(attempt["ok"] == false && detail.starts_with("Denied: "), "{attempt}");
    for word in words {
        assert!(detail.contains(word), "no `{word}` in: {detail}");
    }
}

#[track_caller]
fn assert_worked(attempt: &Value) {
    assert_eq!(attempt["ok"], true, "{attempt}");
}
