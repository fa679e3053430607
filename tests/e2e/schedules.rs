//! Schedules: when they are due, and that each due time has one record.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod calendars;
mod changed;
mod fired;
mod missed;
mod next;
mod past;

use crate::installation::Installation;
use jiff::Timestamp;
use serde_json::Value;
use windlass_tests::wait::{self, PATIENCE};

/// What became of each due time of a job of `web`, oldest first.
#[track_caller]
fn history(installation: &Installation, job: &str) -> Vec<Value> {
    let listed =
        installation.run(&["schedule", "history", job, "--project", "web", "--limit", "10000", "--output", "json"]);
    let mut rows: Vec<Value> = serde_json::from_str(listed.ok()).unwrap();
    rows.reverse();
    rows
}

/// Waits until so many due times of a job have a record.
#[track_caller]
fn until_fired(installation: &Installation, job: &str, count: usize) -> Vec<Value> {
    let look = || Ok(Some(history(installation, job)).filter(|rows| rows.len() >= count));
    wait::until(&format!("{count} due times of `{job}`"), PATIENCE, look).unwrap()
}

/// The second of a time in a row.
fn second(time: &Value) -> i64 {
    time.as_str().unwrap().parse::<Timestamp>().unwrap().as_second()
}

/// Puts the first due time without a record, of all schedules, somewhere else.
fn due_since(installation: &Installation, time: Timestamp) {
    installation.database(&format!("UPDATE schedule SET next_at = {} RETURNING 1", time.as_millisecond()));
}

fn outcomes(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect()
}
