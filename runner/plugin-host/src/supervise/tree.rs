//! Killing everything that a step has left.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, WaitStatus, pidfd_open, pidfd_send_signal};

use super::signals::Signals;
use super::wire;

/// How often all processes are looked at for new ones before the known ones are killed.
const MOST_LOOKS: usize = 16;
/// How long the end of what was killed is awaited before looking again.
const PAUSE: Duration = Duration::from_millis(20);

/// Waits for children, most of whom somebody else has started.
pub(super) struct Reaper {
    program: Pid,
    /// How the program ended.
    pub(super) status: Option<WaitStatus>,
}

/// A process, told from a later one that got the same number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Process {
    pid: Pid,
    /// In clock ticks since the machine's start.
    started: u64,
}

impl Reaper {
    pub(super) fn new(program: Pid) -> Self {
        Self { program, status: None }
    }

    /// Takes note of all children that have ended, without waiting; whether there are others. As everything that loses
    /// its parent becomes a child, nothing of the step is left when there are none.
    pub(super) fn reap(&mut self) -> bool {
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.program => self.status = Some(status),
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }
}

/// Kills all descendants and waits for their end, however many they are, wherever they went, and however fast they make
/// new ones: stopped processes make none.
pub(super) fn kill_all(reaper: &mut Reaper, signals: &mut Signals) {
    while reaper.reap() {
        let mut known = HashSet::new();
        for _ in 0..MOST_LOOKS {
            let new: Vec<Process> = descendants().into_iter().filter(|process| known.insert(*process)).collect();
            if new.is_empty() {
                break;
            }
            new.iter().for_each(|process| process.signal(Signal::STOP));
        }
        known.iter().for_each(|process| process.signal(Signal::KILL));
        wire::wait(&mut [PollFd::new(signals, PollFlags::IN)], Some(PAUSE));
        signals.take();
    }
}

impl Process {
    /// Signals this very process: the number may be another's by now, but not once a descriptor holds it.
    fn signal(&self, signal: Signal) {
        let Ok(held) = pidfd_open(self.pid, PidfdFlags::empty()) else { return };
        if stat(self.pid.as_raw_nonzero().get()).is_some_and(|(process, _)| process == *self) {
            // It may have ended meanwhile.
            let _ = pidfd_send_signal(held, signal);
        }
    }
}

/// Whatever this process's children are, and their children, down to the last.
fn descendants() -> Vec<Process> {
    let mut children: HashMap<Pid, Vec<Process>> = HashMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        if let Some((process, parent)) = stat(pid) {
            children.entry(parent).or_default().push(process);
        }
    }
    let (mut found, mut parents) = (own_children(), vec![rustix::process::getpid()]);
    while let Some(parent) = parents.pop() {
        let children = children.remove(&parent).unwrap_or_default();
        parents.extend(children.iter().map(|child| child.pid));
        found.extend(children);
    }
    found
}

/// Where `/proc` hides the processes of others (proc(5), `hidepid`), it may hide a child that made itself not dumpable; but
/// never that there is one.
fn own_children() -> Vec<Process> {
    let children = fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
    children.split_ascii_whitespace().filter_map(|pid| Some(stat(pid.parse().ok()?)?.0)).collect()
}

/// A process and its parent, of `/proc/PID/stat` (proc(5)): the second member is the program's name in parentheses, which may
/// have blanks and parentheses in it.
fn stat(pid: i32) -> Option<(Process, Pid)> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let mut members = text.rsplit_once(") ")?.1.split(' ');
    let parent = Pid::from_raw(members.nth(1)?.parse().ok()?)?;
    let started = members.nth(17)?.parse().ok()?;
    Some((Process { pid: Pid::from_raw(pid)?, started }, parent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn descendants_are_found_at_any_depth() {
        let mut shell = Command::new("sh");
        let mut child = shell.args(["-c", "(sleep 600; :) & sleep 600; :"]).spawn().unwrap();
        let of_shell = || {
            let below = |process: &Process| {
                let text =
                    fs::read_to_string(format!("/proc/{}/comm", process.pid.as_raw_nonzero())).unwrap_or_default();
                text == "sleep\n"
            };
            descendants().into_iter().filter(below).collect::<Vec<_>>()
        };
        let mut found = of_shell();
        while found.len() < 2 {
            std::thread::yield_now();
            found = of_shell();
        }
        found.iter().for_each(|process| process.signal(Signal::KILL));
        child.wait().unwrap();
        let stranger = Process { started: 1, ..stat(i32::try_from(std::process::id()).unwrap()).unwrap().0 };
        stranger.signal(Signal::KILL);
    }
}
