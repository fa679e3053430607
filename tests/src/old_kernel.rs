//! Running a program as on a kernel without Landlock: its system calls are unknown, to the program and all that it starts.

use crate::{Context, Outcome, Problem};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use std::collections::BTreeMap;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// A command that runs `program` so, by this package's `dev` program.
#[must_use]
pub fn without_landlock(dev: &Path, program: &Path) -> Command {
    let mut command = Command::new(dev);
    command.arg("without-landlock").arg(program);
    command
}

/// The rest of this process's life: it becomes the program, which finds no Landlock.
///
/// # Errors
/// When the filter cannot be put on, or the program not be started.
pub fn become_program(command: &[String]) -> Outcome<()> {
    let (program, arguments) = command.split_first().ok_or_else(|| Problem::new("no program to start"))?;
    let calls = [libc::SYS_landlock_create_ruleset, libc::SYS_landlock_add_rule, libc::SYS_landlock_restrict_self];
    let rules: BTreeMap<i64, _> = calls.into_iter().map(|call| (call, Vec::new())).collect();
    let absent = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    let arch = std::env::consts::ARCH.try_into().context(|| "know the architecture".to_owned())?;
    let filter =
        SeccompFilter::new(rules, SeccompAction::Allow, absent, arch).context(|| "make a filter".to_owned())?;
    let filter: BpfProgram = filter.try_into().context(|| "compile the filter".to_owned())?;
    apply_filter(&filter).context(|| "put the filter on".to_owned())?;
    Err(Problem::new(format!("`{program}` did not start: {}", Command::new(program).args(arguments).exec())))
}
