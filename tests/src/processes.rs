//! What the kernel says about other processes.

use std::fs;
use std::io;
use std::path::PathBuf;

/// A process, told from a later one that got the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    started: u64,
}

/// The members of `/proc/PID/stat` that are used here (proc(5)).
struct Stat {
    state: char,
    parent: u32,
    started: u64,
}

impl Process {
    /// The process that has this number now.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        Stat::of(pid).map(|stat| Self { pid, started: stat.started })
    }

    /// Whether it still runs; one that has ended and was not waited for does not.
    #[must_use]
    pub fn runs(self) -> bool {
        Stat::of(self.pid).is_some_and(|stat| stat.started == self.started && stat.state != 'Z')
    }

    /// Its arguments, each with a zero byte at its end.
    ///
    /// # Errors
    /// When it has ended.
    pub fn command_line(self) -> io::Result<Vec<u8>> {
        fs::read(self.file("cmdline"))
    }

    /// Its environment as it was started with, each variable with a zero byte at its end.
    ///
    /// # Errors
    /// When it has ended, or this process may not look into it.
    pub fn environment(self) -> io::Result<Vec<u8>> {
        fs::read(self.file("environ"))
    }

    /// Whether it is one in which a plugin runs.
    #[must_use]
    pub fn is_plugin_host(self) -> bool {
        let name = b"plugin-host";
        self.command_line().is_ok_and(|line| line.windows(name.len()).any(|window| window == name))
    }

    /// A file about it.
    #[must_use]
    pub fn file(self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.pid))
    }
}

impl Stat {
    /// The second member is the program's name in parentheses, which may have blanks and parentheses in it.
    fn of(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let after_name: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
        Some(Self {
            state: after_name.first()?.chars().next()?,
            parent: after_name.get(1)?.parse().ok()?,
            started: after_name.get(19)?.parse().ok()?,
        })
    }
}

/// Whatever `root` started, and what these started, at this moment. What has lost its parent is not among them.
#[must_use]
pub fn descendants(root: u32) -> Vec<Process> {
    let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let all: Vec<(u32, Stat)> = numbers.filter_map(|pid| Some((pid, Stat::of(pid)?))).collect();
    let (mut found, mut parents) = (Vec::new(), vec![root]);
    while let Some(parent) = parents.pop() {
        for (pid, stat) in all.iter().filter(|(_, stat)| stat.parent == parent) {
            found.push(Process { pid: *pid, started: stat.started });
            parents.push(*pid);
        }
    }
    found
}

/// Those of the descendants of `root` in which plugins run.
#[must_use]
pub fn plugin_hosts(root: u32) -> Vec<Process> {
    descendants(root).into_iter().filter(|process| process.is_plugin_host()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait;
    use std::process::{Command, Stdio};

    #[test]
    fn a_grandchild_is_found_until_it_ends() {
        let script = "exec 3<&0; (read -r _ <&3; :) & wait";
        let mut command = Command::new("sh");
        command.args(["-c", script, "plugin-host"]).env("RECOGNISABLE", "yes").stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let found = wait::until("the grandchild", wait::PATIENCE, || Ok(plugin_hosts(child.id()).pop()));
        let process = found.unwrap();
        let environment = String::from_utf8(process.environment().unwrap()).unwrap();
        assert!(process.runs() && environment.split('\0').any(|variable| variable == "RECOGNISABLE=yes"));
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(!process.runs());
    }
}
