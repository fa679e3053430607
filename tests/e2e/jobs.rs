//! Job files and options: what is refused before anything runs, what reaches a step, and how steps follow each other.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod expressions;
mod kept;
mod offered;
mod options;
mod refused;
mod steps;

use crate::installation::{Ended, Installation};
use serde_json::Value;

/// An installation with the project `web` and a job of these lines.
fn job(lines: &str) -> Installation {
    let installation = Installation::new("projects: [{name: web}]\n");
    installation.job(lines);
    installation
}

/// Where the text first stands in the job, as errors name it: `path:line:column`.
#[track_caller]
fn place(installation: &Installation, text: &str) -> String {
    let file = installation.folder().join("job.yaml");
    let job = std::fs::read_to_string(&file).unwrap();
    let before = &job[..job.find(text).unwrap_or_else(|| panic!("no `{text}` in:\n{job}"))];
    let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1;
    format!("{}:{}:{column}", file.display(), before.matches('\n').count() + 1)
}

/// No execution was recorded: nothing ran, and nothing is in the history that never was.
#[track_caller]
fn assert_nothing_ran(installation: &Installation) {
    if installation.folder().join("data/windlass.db").exists() {
        assert_eq!(installation.database("SELECT count(*) FROM execution"), [[0]]);
    }
}

/// What `run --output json` printed.
#[track_caller]
fn printed(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}:\n{}\n{}", ended.stdout, ended.stderr))
}
