//! Running other programs: quietly with a log and a time limit, or in front of the user.

use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use windlass_tests::{Context, Outcome, Problem, interrupt, wait};

const GRACE: Duration = Duration::from_secs(10);

/// Runs with all output appended to `log`. After an interrupt or `limit`, the whole process group ends first.
///
/// # Errors
/// When it does not start, is interrupted, takes too long or exits with another status than 0.
pub(crate) fn logged(command: &mut Command, log: &Path, limit: Duration) -> Outcome<()> {
    let name = shown(command);
    let file = File::options().append(true).create(true).open(log).context(|| format!("open {}", log.display()))?;
    let errors = file.try_clone().context(|| format!("share {}", log.display()))?;
    let command = command.stdin(Stdio::null()).stdout(file).stderr(errors).process_group(0);
    let mut child = command.spawn().context(|| format!("start `{name}`"))?;
    let status = wait::until(&format!("the end of `{name}`"), limit, || poll(&mut child, &name));
    let status = status.inspect_err(|_| end_group(&mut child))?;
    succeeded(status, &name)
}

/// Runs in front of the user. An interrupt from the terminal reaches the program too; it gets time to clean up.
///
/// # Errors
/// When it does not start, is interrupted or exits with another status than 0.
pub(crate) fn shown_to_user(command: &mut Command) -> Outcome<()> {
    let name = shown(command);
    let mut child = command.spawn().context(|| format!("start `{name}`"))?;
    let status = wait::until(&format!("the end of `{name}`"), Duration::MAX, || poll(&mut child, &name));
    if interrupt::requested() {
        let _late = ends_within(&mut child, GRACE).is_none().then(|| child.kill().and_then(|()| child.wait()));
    }
    succeeded(status?, &name)
}

/// A command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| windlass_tests::paths::shown(Path::new(word))).collect::<Vec<_>>().join(" ")
}

fn poll(child: &mut Child, name: &str) -> Outcome<Option<ExitStatus>> {
    child.try_wait().context(|| format!("wait for `{name}`"))
}

fn succeeded(status: ExitStatus, name: &str) -> Outcome<()> {
    if status.success() { Ok(()) } else { Err(Problem::new(format!("`{name}` failed ({status})"))) }
}

/// What the first of the group leaves behind gets no time of its own: it may never have heard of the end.
fn end_group(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    for signal in [Signal::TERM, Signal::KILL] {
        let _gone = group.map(|group| kill_process_group(group, signal));
        let _late = ends_within(child, GRACE);
    }
}

/// Waits although an interrupt came: this is the cleaning up.
fn ends_within(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let start = std::time::Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if start.elapsed() < limit => std::thread::sleep(Duration::from_millis(5)),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_over_its_limit_ends_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; sleep 600 & echo $!; trap - TERM; wait"]);
        let problem = logged(&mut command, &log, Duration::from_secs(3)).unwrap_err();
        assert!(problem.to_string().contains("did not come within 3s"), "{problem}");
        let pid = std::fs::read_to_string(&log).unwrap().trim().to_owned();
        // A killed process ends by and by, and may wait for init to reap it.
        let ended = || {
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            Ok((state.is_empty() || state.contains(") Z ")).then_some(()))
        };
        wait::until("the end of the child", Duration::from_secs(60), ended).unwrap();
    }

    #[test]
    fn a_failure_names_the_command() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let problem = logged(Command::new("sh").args(["-c", "exit 4"]), &log, Duration::from_secs(9)).unwrap_err();
        assert_eq!(problem.to_string(), "`sh -c exit 4` failed (exit status: 4)");
    }
}
