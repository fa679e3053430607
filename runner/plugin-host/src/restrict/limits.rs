use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};
use windlass_plugin_api::frames::Confinement;

/// Descriptors of a library.
const LIBRARY: u64 = 256;
/// Descriptors of each process of a program: what Linux gives every process that asks for no more.
const PROGRAM: u64 = 1024;

/// Resource limits (setrlimit(2)), prepared before a fork and put on after it.
pub(crate) struct Limits {
    descriptors: u64,
    /// Memory of one process, and how the kernel counts it.
    memory: Option<(Resource, u64)>,
    /// Processes and threads of this user, whoever started them.
    processes: Option<u64>,
}

impl Limits {
    pub(super) fn of_library(confinement: &Confinement) -> Self {
        Self { descriptors: LIBRARY, memory: Some((Resource::As, confinement.memory_bytes)), processes: None }
    }

    /// It must go on whatever its program does, and its program cannot get more than it leaves.
    pub(super) fn of_supervisor() -> Self {
        Self { descriptors: PROGRAM, memory: None, processes: None }
    }

    /// For the process of a program, at the moment of its start. The kernel counts the processes of a user and knows
    /// nothing of steps, so what the user runs now is added, and steps of one user at the same time share what is left.
    /// A control group counts each step for itself; where there is one, it counts alone.
    pub(crate) fn of_program(confinement: &Confinement, counted_by_group: bool) -> Self {
        let processes = (!counted_by_group).then(|| tasks_of_this_user().saturating_add(confinement.processes));
        // Java, Go and Node reserve far more address space than they use, so what they can write to is counted.
        Self { descriptors: PROGRAM, memory: Some((Resource::Data, confinement.memory_bytes)), processes }
    }

    /// No core file may ever hold a credential. Only makes system calls, so it may be called after a fork.
    pub(crate) fn put_on(&self) -> io::Result<()> {
        let both = |value| Rlimit { current: Some(value), maximum: Some(value) };
        setrlimit(Resource::Core, both(0))?;
        let hard = rustix::process::getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        setrlimit(Resource::Nofile, both(self.descriptors.min(hard)))?;
        if let Some((counted, memory)) = self.memory {
            setrlimit(counted, both(memory))?;
        }
        if let Some(processes) = self.processes {
            setrlimit(Resource::Nproc, both(processes))?;
        }
        Ok(())
    }
}

/// The threads of all processes of this user, as `RLIMIT_NPROC` counts them.
fn tasks_of_this_user() -> u64 {
    let user = rustix::process::getuid().as_raw();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter(|entry| entry.file_name().as_encoded_bytes()[0].is_ascii_digit());
    let tasks = |entry: std::fs::DirEntry| tasks(&std::fs::read_to_string(entry.path().join("status")).ok()?, user);
    numbers.filter_map(tasks).sum()
}

/// The number of threads in a `/proc/PID/status` (proc(5)) of this user.
fn tasks(status: &str, user: u32) -> Option<u64> {
    let field = |name: &str| {
        let mut lines = status.lines();
        lines.find_map(|line| line.strip_prefix(name)?.split_ascii_whitespace().next()?.parse::<u64>().ok())
    };
    if field("Uid:")? == u64::from(user) { field("Threads:") } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_count_for_their_user_only() {
        let status = "Name:\tx\nUid:\t1000\t0\t0\t0\nThreads:\t7\n";
        assert_eq!((tasks(status, 1000), tasks(status, 0)), (Some(7), None));
        assert!(tasks_of_this_user() >= 2, "this test has a thread beside the first");
    }
}
