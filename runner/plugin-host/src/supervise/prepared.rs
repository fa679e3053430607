//! Everything that the program's process needs between fork and exec, made before the fork: afterwards only system calls
//! are allowed, no memory may be asked for (fork(2), signal-safety(7)).

use std::ffi::{CStr, CString};
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::process::Pid;
use seccompiler::BpfProgram;
use windlass_plugin_api::frames::{Files, Program, RunnerHello};

use crate::restrict::{self, Levels, Limits};
use crate::seccomp;

/// The numbers that a program finds its descriptors at: its frames, the broker's socket, and itself if it is a script.
const PLACES: std::ops::RangeInclusive<i32> = 3..=5;

/// Descriptors that keep [`PLACES`] free, in order.
pub(super) type Placeholders = [OwnedFd; 3];

pub(super) struct Prepared {
    pub(super) supervisor: Pid,
    /// The sealed memory file.
    pub(super) executable: File,
    pub(super) is_script: bool,
    pub(super) arguments: Vec<CString>,
    pub(super) environment: Vec<CString>,
    /// The program's ends of its two sockets.
    pub(super) sockets: [Option<OwnedFd>; 2],
    pub(super) placeholders: Placeholders,
    pub(super) folder: CString,
    pub(super) limits: Limits,
    pub(super) ruleset: Option<OwnedFd>,
    pub(super) filter: Option<BpfProgram>,
}

impl Prepared {
    /// Opens what is to be opened as the user that the program will be, and notes in `levels` what it will come to.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn new(
        hello: &RunnerHello,
        program: &Program,
        interpreter: Option<&str>,
        executable: File,
        sockets: [Option<OwnedFd>; 2],
        placeholders: Placeholders,
        levels: &mut Levels,
    ) -> Result<Self, String> {
        let confinement = &hello.confinement;
        let counted_by_group = matches!(levels.get("cgroup"), "full" | "pids");
        // The kernel exempts root from the number of processes (getrlimit(2), `RLIMIT_NPROC`).
        let counted = counted_by_group || levels.get("user") == "nobody" || !rustix::process::geteuid().is_root();
        levels.set("limits", if counted { "full" } else { "partial" });
        let filter = match confinement.files {
            Files::Unconfined { .. } => None,
            _ => Some(seccomp::filter(confinement.network, true)),
        };
        levels.set("seccomp", if filter.is_some() { "full" } else { "none" });
        let variables = program.environment.iter().map(|(name, value)| format!("{name}={value}"));
        Ok(Self {
            supervisor: rustix::process::getpid(),
            is_script: interpreter.is_some(),
            executable,
            arguments: c_strings(std::iter::once(&program.name).chain(&program.arguments))?,
            environment: c_strings(variables)?,
            sockets,
            placeholders,
            folder: c_string(confinement.files.scratch().unwrap_or("/"))?,
            limits: Limits::of_program(confinement, counted_by_group),
            ruleset: restrict::ruleset(confinement, program, interpreter, levels)?,
            filter,
        })
    }
}

/// Takes the numbers of [`PLACES`], so that nothing that is opened later gets them and is overwritten in the child.
pub(super) fn hold_places() -> rustix::io::Result<Placeholders> {
    let null = |_: i32| rustix::fs::open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty());
    let mut opened = PLACES.map(null);
    let mut next = || opened.next().expect("there are three places");
    let placeholders = [next()?, next()?, next()?];
    debug_assert!(placeholders.iter().map(AsRawFd::as_raw_fd).eq(PLACES), "everything above the pipes was closed");
    Ok(placeholders)
}

/// Pointers to the strings and a null pointer, as execve(2) wants them.
pub(super) fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
}

fn c_strings(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Vec<CString>, String> {
    texts.into_iter().map(|text| c_string(text.as_ref())).collect()
}

fn c_string(text: &str) -> Result<CString, String> {
    CString::new(text).map_err(|_| "an argument, a variable or the scratch folder has a zero byte".to_owned())
}

/// The path that with `AT_EMPTY_PATH` means the descriptor itself.
pub(super) const ITSELF: &CStr = c"";
