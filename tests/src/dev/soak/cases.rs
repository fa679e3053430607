//! The cases: faults of a plugin, and kills of the runner at a random moment.

use super::random::Random;
use crate::config;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use windlass_tests::{Context, Outcome, Problem, binaries, paths, wait};

/// A job with one step of the misbehaving plugin; its option `fault` says how.
const JOB: &str = "tests/jobs/misbehave.yaml";
const END_LIMIT: Duration = Duration::from_secs(60);
const REAP_LIMIT: Duration = Duration::from_secs(10);
const KILL_WITHIN: Duration = Duration::from_millis(400);

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) run: fn(&Ground, &mut Random) -> Outcome<()>,
}

pub(super) const CASES: &[Case] = &[
    Case { name: "plugin panics", run: |ground, _| ground.fails("panic") },
    Case { name: "plugin aborts", run: |ground, _| ground.fails("abort") },
    Case { name: "plugin exits without a result", run: |ground, _| ground.fails("exit-zero") },
    Case { name: "plugin hangs", run: |ground, _| ground.fails("hang") },
    Case { name: "plugin overflows its stack", run: |ground, _| ground.fails("stack-overflow") },
    Case { name: "plugin touches what is not its own", run: |ground, _| ground.fails("segfault") },
    Case { name: "plugin floods its output", run: |ground, _| ground.fails("flood-stdout") },
    // A plugin may report what it likes, so this one succeeds; it must only not end anything else.
    Case { name: "plugin forges a result", run: |ground, _| ground.ends("forged-done").map(|_| ()) },
    Case { name: "plugin sends an unknown frame", run: |ground, _| ground.fails("unknown-frame") },
    Case { name: "runner is killed", run: |ground, random| ground.kill(random) },
];

/// The built runner and a data folder of its own.
pub(super) struct Ground {
    windlass: PathBuf,
    config: PathBuf,
    folder: TempDir,
}

impl Ground {
    pub(super) fn prepare() -> Outcome<Self> {
        let windlass = binaries::windlass()?;
        let folder = tempfile::tempdir().context(|| "make a folder".to_owned())?;
        let config = config::write_local(folder.path())?;
        Ok(Self { windlass, config, folder })
    }

    fn command(&self, fault: &str) -> Outcome<Command> {
        let log = self.folder.path().join("last.log");
        let file = File::create(&log).context(|| format!("make {}", log.display()))?;
        let errors = file.try_clone().context(|| format!("share {}", log.display()))?;
        let mut command = Command::new(&self.windlass);
        command.arg("--config").arg(&self.config).args(["run", JOB, "--project", config::PROJECT]);
        command.args(["--option", &format!("fault={fault}")]).current_dir(paths::root());
        command.stdin(Stdio::null()).stdout(file).stderr(errors);
        Ok(command)
    }

    /// The run ends by itself, with a failure of its own.
    fn fails(&self, fault: &str) -> Outcome<()> {
        match self.ends(fault)? {
            0 => Err(self.problem("the run succeeded")),
            _ => Ok(()),
        }
    }

    /// The run ends by itself and not by a signal; its exit code.
    fn ends(&self, fault: &str) -> Outcome<i32> {
        let mut child = self.command(fault)?.spawn().context(|| "start windlass".to_owned())?;
        let ended = wait::until("the end of the run", END_LIMIT, || {
            child.try_wait().context(|| "wait for windlass".to_owned())
        });
        let status = ended.inspect_err(|_| drop(child.kill().and_then(|()| child.wait())))?;
        status.code().ok_or_else(|| self.problem(&format!("the run ended with {status}")))
    }

    fn kill(&self, random: &mut Random) -> Outcome<()> {
        let mut child = self.command("hang")?.spawn().context(|| "start windlass".to_owned())?;
        std::thread::sleep(random.up_to(KILL_WITHIN));
        child.kill().and_then(|()| child.wait()).context(|| "kill windlass".to_owned())?;
        Ok(())
    }

    /// No process of this binary is left: a plugin host is started from it too.
    pub(super) fn nothing_left(&self) -> Outcome<()> {
        wait::until("the end of every plugin host", REAP_LIMIT, || Ok(self.processes()?.is_empty().then_some(())))
    }

    fn processes(&self) -> Outcome<Vec<PathBuf>> {
        let all = fs::read_dir("/proc").context(|| "read /proc".to_owned())?;
        let ours = |process: &PathBuf| fs::read_link(process.join("exe")).is_ok_and(|exe| exe == self.windlass);
        Ok(all.flatten().map(|entry| entry.path()).filter(ours).collect())
    }

    fn problem(&self, what: &str) -> Problem {
        Problem::new(what).log(&self.folder.path().join("last.log"))
    }
}
