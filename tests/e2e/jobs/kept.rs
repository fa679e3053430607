//! How much of what a step makes is kept.

use super::printed;
use crate::installation::{Installation, assert_names};

/// A project that has no more room for tables fails the step that makes one, and a step that makes none goes on.
#[test]
fn a_project_keeps_so_much_and_no_more() {
    let installation = Installation::new("projects: [{name: web}]\nlimits: {projectArtifacts: 4KiB}\n");
    installation.job("steps: [{id: rows, uses: misbehave/rows, with: {count: 5}}]\n");
    installation.run_job(&["--output", "json"]).ok();
    installation.job("steps: [{id: rows, uses: misbehave/rows, with: {count: 2000}}]\n");
    let ended = installation.run_job(&["--output", "json"]);
    assert_names(ended.failed(1, "project.artifacts-full"), &["project `web`", "4096", "windlass execution prune"]);
    assert_eq!(printed(&ended)["steps"][0]["state"], "failed");
    installation.job("steps: [{uses: misbehave/noop}]\n");
    installation.run_job(&[]).ok();
}
