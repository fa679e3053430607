//! Landlock rulesets: files, TCP ports, and signals and abstract sockets, which end at the ruleset's border.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::{Component, Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, RestrictionStatus,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use windlass_plugin_api::frames::{NetworkAccess, Program};

use super::all_but;
use super::places::{DEVICES, LIBRARIES, PROGRAMS, RESOLVER, ROOTS_DEVICES};

/// What is handled; older kernels handle less, which is reported.
const WANTED: ABI = ABI::V6;
/// [`WANTED`] as the kernel counts.
const WANTED_VERSION: i64 = 6;

/// For a library: reads what it needs, writes nothing.
pub(super) fn libraries(network: NetworkAccess) -> Result<RulesetCreated, RulesetError> {
    let read = AccessFs::from_read(WANTED);
    let ruleset = allow_all(handled(network)?, LIBRARIES, read)?;
    match network {
        NetworkAccess::Brokered => Ok(ruleset),
        NetworkAccess::Direct => allow_all(ruleset, RESOLVER, read),
    }
}

/// For a program that has a folder of its own and the system's programs. `interpreter` is what its first line names.
pub(super) fn programs(
    network: NetworkAccess,
    scratch: &str,
    program: &Program,
    interpreter: Option<&str>,
) -> Result<RulesetCreated, RulesetError> {
    let read = AccessFs::from_read(WANTED);
    let ruleset = allow_all(handled(network)?, PROGRAMS, read)?;
    let ruleset = allow_all(ruleset, DEVICES, read | AccessFs::WriteFile)?;
    let ruleset = allow(ruleset, Path::new("/proc"), read)?;
    let path = program.environment.get("PATH").map(String::as_str).unwrap_or_default();
    let home = interpreter.and_then(|name| home_of(name, path));
    let ruleset = allow_all(ruleset, search_path(path).chain(home), read)?;
    allow(ruleset, Path::new(scratch), AccessFs::from_all(WANTED))
}

/// For a program that uses what its user may use, but nothing below `hidden`; its own folder may lie there.
///
/// Other processes' memory and environment are out of its reach because it is in another Landlock domain (landlock(7),
/// "Ptrace restrictions"). Root with certain capabilities would get at them all the same: [`Root`] says whether it has them.
/// Root also reads what the kernel offers below `/proc` and `/sys`, where a user is kept from writing by the files' modes, and
/// has no disks below `/dev`.
pub(super) fn all_but(
    network: NetworkAccess,
    hidden: &[String],
    scratch: &str,
    root: Root,
) -> Result<RulesetCreated, RulesetError> {
    let (all, read) = (AccessFs::from_all(WANTED), AccessFs::from_read(WANTED));
    let mut hidden = all_but::resolved(hidden);
    if root != Root::IsNot {
        hidden.extend(["/proc", "/sys", "/dev"].map(PathBuf::from));
    }
    let mut ruleset = allow_all(handled(network)?, all_but::places(Path::new("/"), &hidden), all)?;
    if root != Root::IsNot {
        ruleset = allow_all(ruleset, ROOTS_DEVICES, all)?;
        ruleset = allow(ruleset, Path::new("/sys"), read)?;
    }
    ruleset = match root {
        Root::IsNot => ruleset,
        Root::Tame => allow(ruleset, Path::new("/proc"), read)?,
        Root::Wild => allow_all(ruleset, all_but::without_processes(), read)?,
    };
    allow(ruleset, Path::new(scratch), all)
}

/// Whether a program runs as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    IsNot,
    /// Without the [capabilities](super::capabilities) that would get it past its restrictions.
    Tame,
    /// With some of them.
    Wild,
}

/// With sockets of its own a program connects where it likes. Otherwise no TCP port is allowed: a second layer below the
/// filter of system calls.
fn handled(network: NetworkAccess) -> Result<RulesetCreated, RulesetError> {
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let ruleset = ruleset.handle_access(AccessFs::from_all(WANTED))?.scope(BitFlags::<Scope>::all())?;
    match network {
        NetworkAccess::Brokered => ruleset.handle_access(AccessNet::from_all(WANTED))?.create(),
        NetworkAccess::Direct => ruleset.create(),
    }
}

fn allow_all(
    mut ruleset: RulesetCreated,
    places: impl IntoIterator<Item = impl AsRef<Path>>,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    for place in places {
        ruleset = allow(ruleset, place.as_ref(), access)?;
    }
    Ok(ruleset)
}

/// What is not there, or cannot be opened, cannot be used either.
fn allow(ruleset: RulesetCreated, place: &Path, access: BitFlags<AccessFs>) -> Result<RulesetCreated, RulesetError> {
    let Ok(opened) = PathFd::new(place) else { return Ok(ruleset) };
    let access = if place.is_dir() { access } else { access & AccessFs::from_file(WANTED) };
    ruleset.add_rule(PathBeneath::new(opened, access))
}

fn search_path(path: &str) -> impl Iterator<Item = PathBuf> {
    let folders = path.split(':').map(PathBuf::from).filter(|folder| folder.is_absolute());
    folders.filter_map(|folder| folder.canonicalize().ok()).filter(|folder| folder.parent().is_some())
}

/// The folder in which an interpreter is installed with its libraries, `/opt/python` for `/opt/python/bin/python3`; its own
/// folder when there are no libraries beside. A bare name is looked for in the search path.
fn home_of(interpreter: &str, path: &str) -> Option<PathBuf> {
    let candidates: Vec<PathBuf> = if interpreter.contains('/') {
        vec![PathBuf::from(interpreter)]
    } else {
        search_path(path).map(|folder| folder.join(interpreter)).collect()
    };
    let real = candidates.iter().find_map(|candidate| candidate.canonicalize().ok())?;
    let folder = real.parent()?;
    let above = folder.parent().filter(|above| folder.ends_with("bin") && above.join("lib").is_dir());
    let deep = |home: &&Path| home.components().filter(|part| matches!(part, Component::Normal(_))).count() > 1;
    Some(above.filter(deep).unwrap_or(folder).to_owned())
}

/// Adds this process's own files below `/proc`. Their folder is another one for each process, so that the process itself
/// has to name it; it is one of those system calls that may be made after a fork.
#[expect(unsafe_code, reason = "the ruleset is a bare descriptor here")]
pub(crate) fn allow_own_processes_files(ruleset: BorrowedFd<'_>) -> io::Result<()> {
    #[repr(C, packed)]
    struct PathBeneathAttr {
        allowed_access: u64,
        parent_fd: i32,
    }
    const PATH_BENEATH: libc::c_int = 1;
    // Of landlock(7): write to files, read files, list folders; every version knows these.
    const ACCESS: u64 = 1 << 1 | 1 << 2 | 1 << 3;
    let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC;
    let own = rustix::fs::open(c"/proc/self", flags, rustix::fs::Mode::empty())?;
    let attr = PathBeneathAttr { allowed_access: ACCESS, parent_fd: own.as_raw_fd() };
    let ruleset = ruleset.as_raw_fd();
    // SAFETY: both descriptors are open, and the structure is the one that the call wants for this kind of rule.
    match unsafe { libc::syscall(libc::SYS_landlock_add_rule, ruleset, PATH_BENEATH, &raw const attr, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// How much of what is wanted was put on.
pub(super) fn level_of(status: &RestrictionStatus) -> &'static str {
    match status.ruleset {
        RulesetStatus::FullyEnforced => "full",
        RulesetStatus::PartiallyEnforced => "partial",
        RulesetStatus::NotEnforced => "none",
    }
}

/// How much of what is wanted this kernel can put on.
#[expect(unsafe_code, reason = "the crate tells its version only once a ruleset is enforced")]
pub(super) fn level_here() -> &'static str {
    const ONLY_VERSION: libc::c_uint = 1;
    let nothing: *const libc::c_void = std::ptr::null();
    // SAFETY: with this flag the call takes no structure and only returns a number.
    match unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, nothing, 0, ONLY_VERSION) } {
        WANTED_VERSION.. => "full",
        1.. => "partial",
        _ => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_is_at_home_where_its_libraries_are() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for place in ["python/bin", "python/lib", "bin"] {
            std::fs::create_dir_all(root.join(place)).unwrap();
        }
        std::fs::write(root.join("python/bin/python3"), "").unwrap();
        std::fs::write(root.join("bin/lonely"), "").unwrap();
        std::os::unix::fs::symlink(root.join("python/bin/python3"), root.join("bin/python3")).unwrap();
        let path = format!("relative:/:/nowhere:{}", root.join("bin").display());
        assert_eq!(home_of("python3", &path), Some(root.join("python")));
        assert_eq!(home_of("lonely", &path), Some(root.join("bin")));
        assert_eq!(home_of("absent", &path), None);
        assert_eq!(search_path(&path).collect::<Vec<_>>(), [root.join("bin")]);
    }
}
