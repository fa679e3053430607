//! The built runner, run once a case.

use super::cases::{self, Case, End};
use crate::config;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use serde_json::Value;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use windlass_tests::{Context, Outcome, Problem, Random, binaries, paths, usage, wait};

const END_LIMIT: Duration = Duration::from_secs(60);
/// A runner that is stopped from outside is stopped within this time.
const STOPPED_WITHIN: Duration = Duration::from_millis(400);
/// Between a cancellation and the first signal.
const GRACE: &str = "300ms";
const CANCELLED: i32 = 130;
const TIMED_OUT: i32 = 124;
const PLUGIN_FAILED: i32 = 7;

pub(super) struct Ground {
    windlass: PathBuf,
    config: PathBuf,
    folder: TempDir,
}

impl Ground {
    /// # Errors
    /// When nothing can be built, or the plugin has a fault for which there is no case.
    pub(super) fn prepare() -> Outcome<Self> {
        let windlass = binaries::windlass()?;
        let folder = tempfile::tempdir().context(|| "make a folder".to_owned())?;
        let config = config::write_local(folder.path())?;
        let ground = Self { windlass, config, folder };
        cases::cover(&kinds(&ground.plugin()?))?;
        Ok(ground)
    }

    /// What the misbehaving plugin says of itself.
    fn plugin(&self) -> Outcome<Value> {
        let output = self.command().args(["plugin", "show", "misbehave", "--output", "json"]).output();
        let output = output.context(|| "start windlass".to_owned())?;
        let shown =
            serde_json::from_slice(&output.stdout).context(|| "read what `windlass plugin show` says".to_owned());
        shown.map_err(|problem| problem.output(&output.stderr))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.windlass);
        command.arg("--config").arg(&self.config).env_clear().current_dir(paths::root());
        command.env("WINDLASS_LIMITS_CANCEL_GRACE", GRACE);
        command
    }

    /// Runs the case to its end and compares that. Returns the peak memory in KiB of the largest process.
    pub(super) fn run(&self, case: &Case, random: &mut Random) -> Outcome<i64> {
        let mut child = self.start(case)?;
        let pid = Pid::from_raw(child.id().cast_signed()).expect("a child has a number");
        if let Some(signal) = case.end.signal() {
            std::thread::sleep(random.up_to(STOPPED_WITHIN));
            kill_process(pid, signal).context(|| "stop windlass".to_owned())?;
        }
        let ended = wait::until("the end of the run", END_LIMIT, || has_ended(pid));
        ended.inspect_err(|_| drop(child.kill().and_then(|()| child.wait())))?;
        let (status, usage) = usage::wait(&mut child).context(|| "wait for windlass".to_owned())?;
        let results = fs::read(self.file("results.json")).unwrap_or_default();
        match case.end.differs(status, &results) {
            None => Ok(usage.peak_kib),
            Some(why) => Err(Problem::new(why).log(&self.file("last.log"))),
        }
    }

    fn start(&self, case: &Case) -> Outcome<Child> {
        let job = self.file("job.yaml");
        fs::write(&job, case.job()).context(|| format!("write {}", job.display()))?;
        let make = |name| File::create(self.file(name)).context(|| format!("make {name}"));
        let mut command = self.command();
        command.arg("run").arg(job).args(["--project", config::PROJECT, "--output", "json"]);
        command.stdin(Stdio::null()).stdout(make("results.json")?).stderr(make("last.log")?);
        command.spawn().context(|| "start windlass".to_owned())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Looks without waiting for the child: its accounting is read then.
fn has_ended(pid: Pid) -> Outcome<Option<()>> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let status = waitid(WaitId::Pid(pid), options).context(|| "look after windlass".to_owned())?;
    Ok(status.map(|_| ()))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The kinds of misbehave/fault, from its schema.
fn kinds(plugin: &Value) -> Vec<&str> {
    let fault = list(&plugin["metadata"]["steps"]).iter().find(|step| step["name"] == "fault");
    let kinds = fault.map(|step| list(&step["config"]["oneOf"])).unwrap_or_default();
    kinds.iter().filter_map(|kind| kind["properties"]["kind"]["const"].as_str()).collect()
}

impl End {
    fn signal(self) -> Option<Signal> {
        match self {
            Self::Interrupted => Some(Signal::INT),
            Self::Killed => Some(Signal::KILL),
            Self::Worked | Self::Refused | Self::Failed(..) | Self::TimedOut | Self::CutOff => None,
        }
    }

    /// Why the end of a run is not this one. A runner that a signal ended before it could print has no results.
    fn differs(self, status: ExitStatus, results: &[u8]) -> Option<String> {
        let results: Value = serde_json::from_slice(results).unwrap_or_default();
        let step = &results["steps"][0];
        let (worked, code) = (step["outputs"]["ok"].as_bool(), step["error"]["code"].as_str());
        let ended = (status.code(), code, worked);
        let as_wanted = match self {
            Self::Worked => ended == (Some(0), None, Some(true)),
            Self::Refused => ended == (Some(0), None, Some(false)),
            Self::Failed(code, exit) => ended == (Some(exit), Some(code), None),
            Self::TimedOut => ended == (Some(TIMED_OUT), Some("step.timed-out"), None),
            Self::CutOff => {
                [(Some(TIMED_OUT), Some("step.timed-out"), None), (Some(PLUGIN_FAILED), Some("plugin.crashed"), None)]
                    .contains(&ended)
            }
            Self::Interrupted if status.signal() == Some(Signal::INT.as_raw()) => true,
            Self::Interrupted => ended == (Some(CANCELLED), Some("step.cancelled"), None),
            Self::Killed => status.signal() == Some(Signal::KILL.as_raw()),
        };
        (!as_wanted).then(|| format!("it ended with {status}, code {code:?}, ok {worked:?}, instead of {self:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn differs(end: End, status: i32, step: &Value) -> bool {
        end.differs(ExitStatus::from_raw(status), json!({ "steps": [step] }).to_string().as_bytes()).is_some()
    }

    #[test]
    fn an_end_is_exit_code_and_error_code_and_outputs() {
        let failed = json!({ "error": { "code": "plugin.crashed" }, "outputs": null });
        let end = End::Failed("plugin.crashed", 7);
        assert!(!differs(end, 7 << 8, &failed));
        assert!(differs(end, 1 << 8, &failed));
        assert!(differs(End::Failed("plugin.no-result", 7), 7 << 8, &failed));
        let refused = json!({ "error": null, "outputs": { "ok": false, "errno": 13 } });
        assert!(!differs(End::Refused, 0, &refused));
        assert!(differs(End::Worked, 0, &refused));
    }

    #[test]
    fn a_signal_ends_a_runner_that_does_not_listen_yet() {
        let (int, kill, nothing) = (Signal::INT.as_raw(), Signal::KILL.as_raw(), json!(null));
        assert!(!differs(End::Interrupted, int, &nothing) && !differs(End::Killed, kill, &nothing));
        assert!(!differs(End::Interrupted, 130 << 8, &json!({ "error": { "code": "step.cancelled" } })));
        assert!(differs(End::Interrupted, kill, &nothing) && differs(End::Killed, 0, &nothing));
    }

    #[test]
    fn kinds_come_from_the_schema() {
        let kind = |name: &str| json!({ "properties": { "kind": { "const": name } } });
        let fault = json!({ "name": "fault", "config": { "oneOf": [kind("panic"), kind("hang")] } });
        assert_eq!(kinds(&json!({ "metadata": { "steps": [{ "name": "leak" }, fault] } })), ["panic", "hang"]);
        assert!(kinds(&json!({})).is_empty());
    }
}
