//! Taking rights away from this process, in the order in which it must happen.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use rustix::fs::{Gid, Uid};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use windlass_plugin_api::frames::{Confinement, Containment, NetworkAccess};

use crate::seccomp;

/// `nobody` on every Linux; a host started by root becomes this user.
const NOBODY: u32 = 65534;
const MOST_DESCRIPTORS: u64 = 256;
/// What a library needs to be loaded, to resolve names and to check certificates. Read only.
const READABLE: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/etc/resolv.conf",
    "/run/systemd/resolve",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/ld.so.cache",
    "/dev/urandom",
    "/dev/null",
    "/proc/self",
];

/// Puts everything on and says how far it got: `full`, `partial` or `none` for what depends on the kernel.
///
/// # Errors
/// A sentence, when something that every supported kernel has could not be put on.
pub(crate) fn apply(confinement: &Confinement) -> Result<BTreeMap<String, String>, String> {
    limits(confinement.memory_bytes).map_err(|error| format!("resource limits: {error}"))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| format!("not dumpable: {error}"))?;
    let user = become_nobody()?;
    rustix::thread::set_no_new_privs(true).map_err(|error| format!("no new privileges: {error}"))?;
    let landlock = landlock().map_err(|error| format!("landlock: {error}"))?;
    seccomp::apply().map_err(|error| format!("seccomp: {error}"))?;
    let levels = [("limits", "full"), ("user", user), ("landlock", landlock), ("seccomp", "full")];
    Ok(levels.into_iter().map(|(name, level)| (name.to_owned(), level.to_owned())).collect())
}

/// What all of it comes to.
pub(crate) fn containment(confinement: &Confinement, restrictions: &BTreeMap<String, String>) -> Containment {
    match confinement.network {
        NetworkAccess::Direct => Containment::Open,
        NetworkAccess::Brokered if restrictions.get("landlock").is_some_and(|level| level == "full") => {
            Containment::Full
        }
        NetworkAccess::Brokered => Containment::Partial,
    }
}

/// No core file may ever hold a credential; descriptors and memory are bounded.
fn limits(memory: u64) -> io::Result<()> {
    let both = |value| Rlimit { current: Some(value), maximum: Some(value) };
    setrlimit(Resource::Core, both(0))?;
    setrlimit(Resource::Nofile, both(MOST_DESCRIPTORS))?;
    setrlimit(Resource::As, both(memory))?;
    Ok(())
}

/// Changes the user when started by root. In a user namespace that maps no such user it stays, which is reported.
fn become_nobody() -> Result<&'static str, String> {
    if !rustix::process::geteuid().is_root() {
        return Ok("own");
    }
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    let change = || {
        rustix::thread::set_thread_groups(&[])?;
        rustix::thread::set_thread_res_gid(group, group, group)?;
        rustix::thread::set_thread_res_uid(user, user, user)
    };
    match change() {
        Ok(()) => {
            // A change of user makes a process dumpable again where the system says so.
            set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| format!("not dumpable: {error}"))?;
            Ok("nobody")
        }
        Err(_) if in_a_small_user_namespace() => Ok("own"),
        Err(error) => Err(format!("becoming uid {NOBODY}: {error}")),
    }
}

/// Whether root here is some other user outside, with no other user mapped.
fn in_a_small_user_namespace() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    !map.lines().any(|line| {
        let mut fields = line.split_whitespace().map(|field| field.parse::<u64>().unwrap_or(0));
        let (start, _, count) = (fields.next().unwrap_or(0), fields.next(), fields.next().unwrap_or(0));
        (start..start.saturating_add(count)).contains(&u64::from(NOBODY))
    })
}

fn landlock() -> Result<&'static str, RulesetError> {
    let abi = ABI::V6;
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(BitFlags::<Scope>::all())?
        .create()?;
    let ruleset = readable(ruleset, AccessFs::from_read(abi))?;
    Ok(match ruleset.restrict_self()?.ruleset {
        RulesetStatus::FullyEnforced => "full",
        RulesetStatus::PartiallyEnforced => "partial",
        RulesetStatus::NotEnforced => "none",
    })
}

fn readable(mut ruleset: RulesetCreated, access: BitFlags<AccessFs>) -> Result<RulesetCreated, RulesetError> {
    for path in READABLE {
        if let Ok(opened) = PathFd::new(path) {
            let access = if Path::new(path).is_dir() { access } else { access & AccessFs::from_file(ABI::V6) };
            ruleset = ruleset.add_rule(PathBeneath::new(opened, access))?;
        }
    }
    Ok(ruleset)
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
