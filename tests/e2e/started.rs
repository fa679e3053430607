//! A run that goes on while the test looks at it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use crate::installation::{Ended, Installation};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use windlass_tests::processes::{Process, plugin_hosts};
use windlass_tests::wait::{self, PATIENCE};

/// A command with its outputs in files; a test that ends before it does ends it.
pub(crate) struct Started {
    child: Child,
    outputs: [PathBuf; 2],
}

impl Started {
    /// Starts a command in the installation's folder, where its outputs and a core file of it would lie.
    pub(crate) fn start(installation: &Installation, command: Command) -> Self {
        Self::start_as("", installation, command)
    }

    /// As [`Self::start`], for one of several at a time: its outputs have this before their names.
    pub(crate) fn start_as(name: &str, installation: &Installation, mut command: Command) -> Self {
        let folder = installation.folder();
        let outputs = ["stdout", "stderr"].map(|output| folder.join(format!("{name}{output}")));
        let [stdout, stderr] = outputs.each_ref().map(|path| File::create(path).unwrap());
        let child = command.current_dir(folder).stdout(stdout).stderr(stderr).spawn().unwrap();
        Self { child, outputs }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has written this to standard error.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        let [_, stderr] = &self.outputs;
        wait::until(words, PATIENCE, || Ok(text(stderr).contains(words).then_some(()))).unwrap();
    }

    /// What it has written to standard error so far.
    pub(crate) fn said(&self) -> String {
        text(&self.outputs[1])
    }

    /// Waits until it has written this to standard output.
    #[track_caller]
    pub(crate) fn prints(&self, words: &str) {
        let [stdout, _] = &self.outputs;
        wait::until(words, PATIENCE, || Ok(text(stdout).contains(words).then_some(()))).unwrap();
    }

    /// Waits for its plugin host.
    #[track_caller]
    pub(crate) fn host(&self) -> Process {
        wait::until("the plugin host", PATIENCE, || Ok(plugin_hosts(self.pid()).pop())).unwrap()
    }

    /// Sends a signal to this process alone, as `kill` does. Ctrl-C at a terminal reaches its group, of which no plugin
    /// host is a member.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Waits for its end, with what it wrote.
    pub(crate) fn ended(mut self) -> Ended {
        let code = self.wait().code();
        let [stdout, stderr] = self.outputs.each_ref().map(|path| text(path));
        Ended { code, stdout, stderr }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// Waits until all of these have ended.
#[track_caller]
pub(crate) fn all_end(processes: &[Process]) {
    let ended = || Ok((!processes.iter().any(|process| process.runs())).then_some(()));
    wait::until("the end of every plugin host", PATIENCE, ended).unwrap();
}
