//! Taking rights away: what a host puts on itself, in the order in which it must happen, and what it prepares for a
//! program's process ([`crate::supervise`]).

mod all_but;
mod capabilities;
mod files;
mod levels;
mod limits;
mod places;
mod user;

use std::io;
use std::os::fd::OwnedFd;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use windlass_plugin_api::frames::{Confinement, Files, Program};

use crate::seccomp;
use files::Root;
pub(crate) use files::allow_own_processes_files;
pub(crate) use levels::Levels;
pub(crate) use limits::Limits;

/// Puts everything on that a library may not be without, and says how far it got.
///
/// # Errors
/// A sentence, when something that every supported kernel has could not be put on.
pub(crate) fn library(confinement: &Confinement) -> Result<Levels, String> {
    let mut levels = Levels::default();
    Limits::of_library(confinement).put_on().map_err(|error| format!("resource limits: {error}"))?;
    levels.set("limits", "full");
    on_itself(&mut levels, true)?;
    let ruleset = files::libraries(confinement.network).map_err(|error| format!("landlock: {error}"))?;
    let status = ruleset.restrict_self().map_err(|error| format!("landlock: {error}"))?;
    levels.set("landlock", files::level_of(&status));
    seccomp::apply(confinement.network, false).map_err(|error| format!("seccomp: {error}"))?;
    levels.set("seccomp", "full");
    Ok(levels)
}

/// Puts on what a supervisor can bear. The program's processes inherit it.
///
/// # Errors
/// As with [`library`].
pub(crate) fn supervisor(confinement: &Confinement) -> Result<Levels, String> {
    let mut levels = Levels::default();
    Limits::of_supervisor().put_on().map_err(|error| format!("resource limits: {error}"))?;
    let leaves_root = matches!(confinement.files, Files::Libraries | Files::Programs { .. });
    on_itself(&mut levels, leaves_root)?;
    if matches!(confinement.files, Files::AllBut { .. }) && rustix::process::geteuid().is_root() {
        levels.set("capabilities", if capabilities::take_powerful() { "full" } else { "partial" });
    }
    levels.see_control_group();
    Ok(levels)
}

/// The Landlock ruleset for the process of `program`; none where nothing is to be restricted, or nothing can be.
///
/// # Errors
/// As with [`library`].
pub(crate) fn ruleset(
    confinement: &Confinement,
    program: &Program,
    interpreter: Option<&str>,
    levels: &mut Levels,
) -> Result<Option<OwnedFd>, String> {
    let network = confinement.network;
    let created = match &confinement.files {
        Files::Unconfined { .. } => {
            levels.set("landlock", "none");
            return Ok(None);
        }
        Files::Libraries => files::libraries(network),
        Files::Programs { scratch } => files::programs(network, scratch, program, interpreter),
        Files::AllBut { hidden, scratch } => {
            let root = match levels.get("capabilities") {
                "full" => Root::Tame,
                "partial" => Root::Wild,
                _ => Root::IsNot,
            };
            files::all_but(network, hidden, scratch, root)
        }
    };
    levels.set("landlock", files::level_here());
    Ok(created.map_err(|error| format!("landlock: {error}"))?.into())
}

/// Not dumpable: no other process of this user may look into it. No new privileges: nothing that it starts gets more.
fn on_itself(levels: &mut Levels, leaves_root: bool) -> Result<(), String> {
    let user = if leaves_root { user::leave_root()? } else { "own" };
    levels.set("user", user);
    // After the change of user, which makes a process dumpable again where the system says so.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| format!("not dumpable: {error}"))?;
    rustix::thread::set_no_new_privs(true).map_err(|error| format!("no new privileges: {error}"))
}

/// One heap for all threads. Each further one would reserve 64 MiB of the address space, which is what bounds the memory.
#[expect(unsafe_code, reason = "no safe wrapper of mallopt(3) is known")]
pub(crate) fn one_heap() {
    // SAFETY: the parameter is valid, and there is a single thread.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// Closes the descriptors from `first` to `last`.
#[expect(unsafe_code, reason = "no safe wrapper of close_range(2) is known")]
pub(crate) fn close_range(first: i32, last: i32) -> io::Result<()> {
    // SAFETY: nothing in this process owns a descriptor yet but the standard ones and the socket, which is not in range.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Ends the process at once, without running anything that a library registered for its end.
#[expect(unsafe_code, reason = "std's exit would run the library's destructors")]
pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
}
