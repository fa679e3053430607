//! Removing a folder that a step has filled.
//!
//! It may hold folders without permissions, links to anywhere, and folders in folders to any depth. So links are never
//! followed, every folder is made accessible first, and instead of going down, folders are moved up: neither the stack
//! nor the descriptors can run out.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, chmod, openat, renameat, unlinkat};
use rustix::io::{Errno, Result};

/// Removes the folder and everything in it.
pub(super) fn remove(folder: &Path) -> Result<()> {
    let top = match open(CWD, folder) {
        Ok(top) => top,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut moved = 0_u64;
    while empty_once(&top, &top, &mut moved)? {}
    unlinkat(CWD, folder, AtFlags::REMOVEDIR)
}

/// Removes what is in `folder`; the folders in it are emptied, once what is in them has been moved to `top`. Whether there
/// is something left to do.
fn empty_once(folder: &OwnedFd, top: &OwnedFd, moved: &mut u64) -> Result<bool> {
    let mut found_folders = false;
    for name in names(folder)? {
        match unlinkat(folder, &*name, AtFlags::empty()) {
            // POSIX says EPERM for a folder, Linux EISDIR.
            Err(Errno::ISDIR | Errno::PERM) => {
                let inner = open(folder, &*name)?;
                move_folders_up(&inner, top, moved)?;
                unlinkat(folder, &*name, AtFlags::REMOVEDIR)?;
                found_folders = true;
            }
            other => other?,
        }
    }
    Ok(found_folders)
}

fn move_folders_up(inner: &OwnedFd, top: &OwnedFd, moved: &mut u64) -> Result<()> {
    for name in names(inner)? {
        match unlinkat(inner, &*name, AtFlags::empty()) {
            Err(Errno::ISDIR | Errno::PERM) => {
                // Opening makes it accessible, which moving it needs as well.
                drop(open(inner, &*name)?);
                move_to(inner, &name, top, moved)?;
            }
            other => other?,
        }
    }
    Ok(())
}

/// Some name is free at the top.
fn move_to(inner: &OwnedFd, name: &CStr, top: &OwnedFd, moved: &mut u64) -> Result<()> {
    loop {
        *moved += 1;
        match renameat(inner, name, top, format!("moved-{moved}")) {
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => {}
            other => return other,
        }
    }
}

/// Opens a folder, not a link to one, after giving its owner all permissions.
fn open(at: impl AsFd, name: impl rustix::path::Arg) -> Result<OwnedFd> {
    let only_place = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let place = openat(at, name, only_place, Mode::empty())?;
    // A place that was not opened for reading has its permissions changed through this link only (open(2), `O_PATH`).
    chmod(format!("/proc/self/fd/{}", place.as_raw_fd()), Mode::RWXU)?;
    openat(&place, c".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// The names in a folder, as they are now.
fn names(folder: &OwnedFd) -> Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let name = entry?.file_name().to_owned();
        if name.as_c_str() != c"." && name.as_c_str() != c".." {
            names.push(name);
        }
    }
    Ok(names)
}
