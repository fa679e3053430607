//! What a case must not leave: a process, wherever it went, and a descriptor of this process.

use rustix::io::Errno;
use rustix::process::{WaitOptions, getpid, set_child_subreaper, waitpid};
use std::fs;
use std::time::Duration;
use windlass_tests::{Context, Outcome, Problem, processes, wait};

const END_LIMIT: Duration = Duration::from_secs(10);

/// From now on a process that loses its parent becomes a child of this one, so that none of ours is ever out of sight.
pub(super) fn adopt_orphans() -> Outcome<()> {
    set_child_subreaper(Some(getpid())).context(|| "become the parent of orphans".to_owned())
}

/// Waits until this process has no child, and with that no descendant: plugin hosts, whatever they started.
///
/// # Errors
/// When one does not end; its command line is named.
pub(super) fn no_process() -> Outcome<()> {
    wait::until("the end of every process of the run", END_LIMIT, reap_all).map_err(|problem| {
        let left = processes::descendants(std::process::id());
        let names = left.iter().map(|process| {
            let line = process.command_line().unwrap_or_default();
            format!("{} {}", process.pid, String::from_utf8_lossy(&line).replace('\0', " ").trim_end())
        });
        Problem::new(problem.to_string()).output(names.collect::<Vec<_>>().join("\n").as_bytes())
    })
}

fn reap_all() -> Outcome<Option<()>> {
    loop {
        match waitpid(None, WaitOptions::NOHANG) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(None),
            Err(Errno::CHILD) => return Ok(Some(())),
            Err(error) => return Err(Problem::new(format!("wait for orphans: {error}"))),
        }
    }
}

/// The numbers of this process's open descriptors; that of the list itself, which is closed again, is always the same.
pub(super) fn descriptors() -> Outcome<Vec<u32>> {
    let list = fs::read_dir("/proc/self/fd").context(|| "read /proc/self/fd".to_owned())?;
    let mut numbers: Vec<u32> = list.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}
