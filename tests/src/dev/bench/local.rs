//! A runner with a folder of its own, for benches of steps that need no account.

use crate::config;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use windlass_tests::{Context, Outcome, binaries};

/// More than any of these steps writes.
const STEP_OUTPUT: &str = "1GiB";

pub(super) struct Local {
    folder: TempDir,
    config: PathBuf,
}

impl Local {
    pub(super) fn prepare() -> Outcome<Self> {
        let folder = tempfile::tempdir().context(|| "make a folder".to_owned())?;
        let config = config::write_local(folder.path())?;
        Ok(Self { folder, config })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the configuration again, with these lines.
    pub(super) fn configure(&self, lines: &str) -> Outcome<()> {
        config::write_lines(self.folder(), lines).map(drop)
    }

    /// The runner with these arguments.
    pub(super) fn windlass(&self, arguments: &[&str]) -> Command {
        let mut command = super::windlass(&self.config);
        command.arg("--plugin-dir").arg(binaries::folder("release")).args(arguments);
        command
    }

    /// Writes a job of `steps`, each a step type of the misbehaving plugin and its `with`.
    pub(super) fn job<'a>(&self, name: &str, steps: impl IntoIterator<Item = (&'a str, &'a str)>) -> Outcome<PathBuf> {
        let mut text = format!("apiVersion: windlass/v1\nkind: Job\nname: {name}\nsteps:\n");
        for (number, (step, with)) in steps.into_iter().enumerate() {
            let _infallible = writeln!(text, "  - {{id: step_{number}, uses: misbehave/{step}, with: {{{with}}}}}");
        }
        let path = self.folder().join(format!("{name}.yaml"));
        fs::write(&path, text).context(|| format!("write {}", path.display()))?;
        Ok(path)
    }

    /// The command that runs a job and prints its results as JSON and nothing else.
    pub(super) fn run(&self, job: &Path) -> Command {
        let mut command = self.windlass(&[]);
        command.env("WINDLASS_LIMITS_STEP_OUTPUT", STEP_OUTPUT);
        command.arg("run").arg(job).args(["--project", config::PROJECT, "--output", "json", "--quiet"]);
        command
    }
}
