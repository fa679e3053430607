//! What a case must not leave: a process, wherever it went, and a descriptor of this process.

use rustix::io::Errno;
use rustix::process::{WaitOptions, getpid, set_child_subreaper, waitpid};
use std::fs;
use std::time::Duration;
use windlass_tests::{Context, Outcome, Problem, processes, wait};

/// From now on a process that loses its parent becomes a child of this one, so that none of ours is ever out of sight.
pub(super) fn adopt_orphans() -> Outcome<()> {
    set_child_subreaper(Some(getpid())).context(|| "become the parent of orphans".to_owned())
}

/// Waits until this process has no child, and with that no descendant: plugin hosts, whatever they started. It reaps them.
///
/// # Errors
/// When one does not end; its command line is named.
pub(super) fn no_process(limit: Duration) -> Outcome<()> {
    wait::until("the end of every process of the run", limit, reap_all).map_err(|problem| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Pid, Signal, kill_process};
    use std::process::Command;

    /// Re-runs this test binary as a process of its own: reaping takes the children of other tests away too.
    #[test]
    fn an_orphan_is_found_and_named() {
        const ROLE: &str = "WINDLASS_TEST_LEFTOVERS";
        if std::env::var_os(ROLE).is_some() {
            return find_an_orphan();
        }
        let name = "soak::leftovers::tests::an_orphan_is_found_and_named";
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.args(["--exact", name]).env(ROLE, "yes").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    fn find_an_orphan() {
        adopt_orphans().unwrap();
        let before = descriptors().unwrap();
        Command::new("sh").args(["-c", "sleep 601 >/dev/null 2>&1 &"]).status().unwrap();
        let problem = no_process(Duration::from_millis(200)).unwrap_err().to_string();
        assert!(problem.contains(" sleep 601"), "{problem}");
        let orphan = processes::descendants(std::process::id()).pop().unwrap();
        kill_process(Pid::from_raw(orphan.pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
        no_process(Duration::from_secs(10)).unwrap();
        assert_eq!(descriptors().unwrap(), before);
    }
}
