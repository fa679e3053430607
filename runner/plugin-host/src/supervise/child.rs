//! The program's process from fork to exec.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal};

use super::prepared::{ITSELF, Prepared, pointers};
use crate::restrict;

/// A program that runs.
pub(super) struct Started {
    pub(super) pid: Pid,
    /// Its folder in `/proc`. While it is open the kernel keeps that folder, to which a rule of the program refers.
    _processes_files: Option<OwnedFd>,
}

/// What the process was doing when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Stage {
    Session,
    Descriptors,
    Folder,
    Limits,
    Landlock,
    Seccomp,
    Execute,
}

/// Why the program does not run.
pub(super) struct Failure {
    pub(super) stage: Stage,
    pub(super) error: io::Error,
}

/// Starts the program and returns once it is executed.
#[expect(unsafe_code, reason = "std's Command can neither execute a descriptor nor place descriptors")]
pub(super) fn start(mut prepared: Prepared) -> Result<Started, Failure> {
    let failed = |error: io::Error| Failure { stage: Stage::Session, error };
    let (read, write) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| failed(error.into()))?;
    let (arguments, environment) = (pointers(&prepared.arguments), pointers(&prepared.environment));
    // SAFETY: this process has a single thread, so that no lock is held by another one in the child, which makes system
    // calls only and never returns.
    match unsafe { libc::fork() } {
        -1 => Err(failed(io::Error::last_os_error())),
        0 => {
            let failure = become_program(&mut prepared, &arguments, &environment);
            let [a, b, c, d] = failure.error.raw_os_error().unwrap_or(0).to_ne_bytes();
            let _ = rustix::io::write(&write, &[failure.stage as u8, a, b, c, d]);
            restrict::exit(127)
        }
        pid => {
            drop((write, prepared));
            let pid = Pid::from_raw(pid).expect("the parent gets the number of its child");
            outcome(File::from(read), pid)
        }
    }
}

/// The pipe ends without a byte when the program is executed.
fn outcome(mut pipe: File, pid: Pid) -> Result<Started, Failure> {
    let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC;
    let path = format!("/proc/{}", pid.as_raw_nonzero());
    let files = rustix::fs::open(path, flags, rustix::fs::Mode::empty()).ok();
    let mut said = [0; 5];
    let Ok(()) = pipe.read_exact(&mut said) else { return Ok(Started { pid, _processes_files: files }) };
    let [stage, error @ ..] = said;
    Err(Failure { stage: Stage::from(stage), error: io::Error::from_raw_os_error(i32::from_ne_bytes(error)) })
}

/// Only returns when it fails.
fn become_program(
    prepared: &mut Prepared,
    arguments: &[*const libc::c_char],
    environment: &[*const libc::c_char],
) -> Failure {
    let stages = [
        (Stage::Session, own_session as fn(&mut Prepared) -> io::Result<()>),
        (Stage::Descriptors, place_descriptors),
        (Stage::Folder, |prepared| Ok(rustix::process::chdir(prepared.folder.as_c_str())?)),
        (Stage::Limits, |prepared| prepared.limits.put_on()),
        (Stage::Landlock, enter_ruleset),
        (Stage::Seccomp, attach_filter),
    ];
    for (stage, step) in stages {
        if let Err(error) = step(prepared) {
            return Failure { stage, error };
        }
    }
    Failure { stage: Stage::Execute, error: execute(prepared, arguments, environment) }
}

/// A session of its own has no terminal, whose input a program could forge. The program dies with its supervisor, should
/// that ever be killed.
fn own_session(prepared: &mut Prepared) -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if rustix::process::getppid() != Some(prepared.supervisor) {
        return Err(Errno::SRCH.into());
    }
    usual_signals()
}

/// This process blocks some signals, and Rust's start ignores SIGPIPE; programs expect neither.
#[expect(unsafe_code, reason = "no safe wrapper takes all signals at once")]
fn usual_signals() -> io::Result<()> {
    for signal in 1..=64 {
        // SAFETY: the default action is always valid; SIGKILL, SIGSTOP and the C library's own refuse it, which is right.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // SAFETY: an all-zero set is the empty one on Linux, and the old set is not asked for.
    let result = unsafe {
        let empty: libc::sigset_t = std::mem::zeroed();
        libc::sigprocmask(libc::SIG_SETMASK, &raw const empty, std::ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn place_descriptors(prepared: &mut Prepared) -> io::Result<()> {
    let [frames, broker, script] = &mut prepared.placeholders;
    for (socket, place) in prepared.sockets.iter().zip([frames, broker]) {
        if let Some(socket) = socket {
            rustix::io::dup2(socket, place)?;
        }
    }
    if prepared.is_script {
        rustix::io::dup2(&prepared.executable, script)?;
    }
    Ok(())
}

#[expect(unsafe_code, reason = "the crate enforces a ruleset only together with what was done before the fork")]
fn enter_ruleset(prepared: &mut Prepared) -> io::Result<()> {
    let Some(ruleset) = &prepared.ruleset else { return Ok(()) };
    restrict::allow_own_processes_files(ruleset.as_fd())?;
    // SAFETY: the descriptor is a ruleset, and no flags are given.
    match unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The last step but one: what follows are an exec, or a message and the end.
#[expect(unsafe_code, reason = "seccompiler's own call makes another system call before, and its errors own memory")]
fn attach_filter(prepared: &mut Prepared) -> io::Result<()> {
    let Some(filter) = &prepared.filter else { return Ok(()) };
    let len = u16::try_from(filter.len()).map_err(|_| io::Error::from_raw_os_error(libc::E2BIG))?;
    let program = libc::sock_fprog { len, filter: filter.as_ptr().cast_mut().cast() };
    // SAFETY: the program points to `len` instructions of the kernel's layout, which it only reads.
    match unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// A script's interpreter opens the script by its number, so that descriptor has to stay open; any other closes.
#[expect(unsafe_code, reason = "no safe wrapper of execveat(2) takes prepared pointers")]
fn execute(prepared: &Prepared, arguments: &[*const libc::c_char], environment: &[*const libc::c_char]) -> io::Error {
    let [_, _, script] = &prepared.placeholders;
    let file = if prepared.is_script { script.as_raw_fd() } else { prepared.executable.as_raw_fd() };
    let (path, flags) = (ITSELF.as_ptr(), libc::AT_EMPTY_PATH);
    // SAFETY: both lists end with a null pointer, and what they point to lives in `prepared`.
    unsafe { libc::syscall(libc::SYS_execveat, file, path, arguments.as_ptr(), environment.as_ptr(), flags) };
    io::Error::last_os_error()
}

impl Stage {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Session => "the program's process",
            Self::Descriptors => "the program's descriptors",
            Self::Folder => "the program's folder",
            Self::Limits => "the program's resource limits",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
            Self::Execute => "executing the program",
        }
    }
}

impl From<u8> for Stage {
    fn from(number: u8) -> Self {
        let known = [Self::Session, Self::Descriptors, Self::Folder, Self::Limits, Self::Landlock, Self::Seccomp];
        known.into_iter().find(|stage| *stage as u8 == number).unwrap_or(Self::Execute)
    }
}
