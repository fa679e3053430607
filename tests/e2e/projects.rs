//! A project's jobs as files: validated, planned, applied, exported.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod applied;
mod documented;
mod exported;
mod validated;

use crate::installation::{Ended, Installation};
use crate::stored::folder;

const NOOP: &str = "steps: [{uses: misbehave/noop}]\n";

/// `windlass project COMMAND FOLDER --project web ...`
fn project(installation: &Installation, command: &str, more: &[&str]) -> Ended {
    let folder = folder(installation);
    installation.run(&[&["project", command, folder.as_str(), "--project", "web"], more].concat())
}
