//! Plugins that are programs: the examples that the documentation points to, and one that does everything wrong. Each
//! fault harms its own step only, and nothing is left of any.
//!
//! Deliberately absent: what the `shell` plugin adds.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod denied;
mod endings;
mod examples;
mod killed;
mod manifests;
mod users;

use crate::installation::{Ended, Installation};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use windlass_tests::processes::Process;
use windlass_tests::wait::{self, PATIENCE};
use windlass_tests::{binaries, paths};

/// An installation whose only plugins are those of `tests/programs`, copied, with small limits.
struct Workshop {
    installation: Installation,
    plugins: PathBuf,
}

impl Workshop {
    fn new() -> Self {
        let limits = "limits: {stepMemory: 256MiB, stepOutput: 1MiB, cancelGrace: 200ms}";
        let installation = Installation::new(&format!("projects: [{{name: web}}]\n{limits}\n"));
        let plugins = installation.folder().join("plugins");
        fs::create_dir(&plugins).unwrap();
        set_mode(&plugins, 0o755);
        for entry in fs::read_dir(paths::root().join("tests/programs")).unwrap().map(Result::unwrap) {
            let copy = plugins.join(entry.file_name());
            fs::copy(entry.path(), &copy).unwrap();
            set_mode(&copy, 0o644);
        }
        Self { installation, plugins }
    }

    /// A job of one step, `it`.
    fn set_step(&self, uses: &str, with: &Value, timeout: &str) {
        let step = json!({"id": "it", "uses": uses, "timeout": timeout, "with": with});
        self.installation.job(&format!("steps: [{step}]\n"));
    }

    fn set_fault(&self, with: &Value, timeout: &str) {
        self.set_step("unruly/fault", with, timeout);
    }

    fn arguments(&self) -> [&str; 4] {
        ["--output", "json", "--plugin-dir", self.plugins.to_str().unwrap()]
    }

    fn run(&self) -> Ended {
        self.installation.run_job(&self.arguments())
    }

    fn start(&self) -> Child {
        let mut command = self.installation.job_command(&self.arguments());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs a fault that is none for its step; what it saw. Nothing is left of it.
    #[track_caller]
    fn saw(&self, with: &Value) -> Value {
        self.set_fault(with, "60s");
        let ended = self.run();
        ended.ok();
        assert_eq!(processes_of(&folder_of(&ended.stderr)), []);
        outputs(&ended)
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The outputs of the first step.
#[track_caller]
fn outputs(ended: &Ended) -> Value {
    step(ended)["outputs"].clone()
}

#[track_caller]
fn step(ended: &Ended) -> Value {
    let execution: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("no JSON:\n{}", ended.stderr));
    execution["steps"][0].clone()
}

/// The scratch folder of the faulty step, by what it said first.
#[track_caller]
fn folder_of(log: &str) -> PathBuf {
    let line = log.lines().find_map(|line| line.split_once("pid ")?.1.split_once(" in "));
    PathBuf::from(line.unwrap_or_else(|| panic!("it did not begin:\n{log}")).1)
}

/// Whatever the program has started that still runs: its environment names the folder, whatever it has become. (A process
/// that has given away its descriptors, its session, its parent and its signals still has that.)
fn processes_of(folder: &Path) -> Vec<Process> {
    let numbers = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let wanted = format!("HOME={}", folder.display());
    let belongs = |process: &Process| {
        let environment = process.environment().unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    };
    numbers.filter_map(Process::of).filter(belongs).filter(|process| process.runs()).collect()
}

/// Waits until a started runner has said this, and returns what it has said until then.
#[track_caller]
fn wait_for(runner: &mut Child, said: &str) -> String {
    use std::io::{BufRead as _, BufReader};
    let mut log = String::new();
    let mut reader = BufReader::new(runner.stderr.as_mut().unwrap());
    while !log.contains(said) {
        assert_ne!(reader.read_line(&mut log).unwrap(), 0, "it ended without `{said}`:\n{log}");
    }
    log
}

/// Cancels what a started runner does, once its faulty step has begun: it does not stop by itself, is ended, and nothing
/// is left of it.
#[track_caller]
fn assert_ended_by_force(mut runner: Child) {
    let folder = folder_of(&wait_for(&mut runner, " in "));
    signal(&runner, Signal::INT);
    let ended = Ended::from(runner.wait_with_output().unwrap());
    assert_eq!(step(&ended)["error"]["code"], "step.cancelled");
    assert!(ended.stderr.contains("it did not stop by itself and was ended"), "{}", ended.stderr);
    assert_eq!(processes_of(&folder), [], "processes are left");
    assert!(!folder.exists(), "its folder is left");
}

#[track_caller]
fn wait_until_gone(folder: &Path) {
    wait::until("their end", PATIENCE, || Ok(processes_of(folder).is_empty().then_some(()))).unwrap();
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), signal).unwrap();
}

fn built(name: &str) -> PathBuf {
    binaries::built(name).unwrap()
}

/// Whether this process can make them: it needs root and a hierarchy of each controller that may be written (some
/// containers have them read-only).
fn has_control_groups() -> bool {
    let probe = format!("windlass-probe-{}", std::process::id());
    let can_make = |hierarchy: &Path| {
        let folder = hierarchy.join(&probe);
        // Another test may ask at the same time.
        let made = fs::create_dir(&folder).is_ok() || folder.exists();
        let _removed_by_the_other = fs::remove_dir(&folder);
        made
    };
    ["/sys/fs/cgroup/pids", "/sys/fs/cgroup/memory"].iter().all(|hierarchy| can_make(Path::new(hierarchy)))
}
