//! Whether somebody else could have written a plugin's file or could swap it for another one.
//!
//! Safe is: the file and every folder above it belong to this user or root, and nobody else may write there. A group
//! may write only when it is this user's own private group (the usual umask 002 in one's own checkout); a folder with
//! the sticky bit (`/tmp`) is safe above a folder that is.

use std::fs::{File, Metadata, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::{Gid, Group, Uid, User};

use crate::HostingError;

const GROUP_WRITE: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Opens a plugin's file and checks it; never waits, as opening a named pipe would.
///
/// # Errors
/// [`HostingError::Unreadable`], [`HostingError::NotAPlugin`] for what is no file, and those of [`check`].
pub(crate) fn open(path: &Path) -> Result<File, HostingError> {
    let unreadable = |source| HostingError::Unreadable { path: path.to_owned(), source };
    let without_waiting = OFlag::O_NONBLOCK.bits();
    let file = OpenOptions::new().read(true).custom_flags(without_waiting).open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(HostingError::NotAPlugin { path: path.to_owned(), why: "it is no regular file" });
    }
    check(path, &file)?;
    Ok(file)
}

/// Checks the opened file and every folder above `path`.
///
/// # Errors
/// [`HostingError::Unsafe`] with the first place that others may write.
pub(crate) fn check(path: &Path, file: &File) -> Result<(), HostingError> {
    let unreadable = |source| HostingError::Unreadable { path: path.to_owned(), source };
    let refuse = |place: PathBuf, why| HostingError::Unsafe { path: path.to_owned(), place, why };
    let real = path.canonicalize().map_err(unreadable)?;
    let me = Uid::effective();
    if let Some(why) = fault(&file.metadata().map_err(unreadable)?, me, false) {
        return Err(refuse(real, why));
    }
    for (depth, folder) in real.ancestors().skip(1).enumerate() {
        let metadata = folder.metadata().map_err(unreadable)?;
        if let Some(why) = fault(&metadata, me, depth > 0) {
            return Err(refuse(folder.to_owned(), why));
        }
    }
    Ok(())
}

fn fault(metadata: &Metadata, me: Uid, sticky_is_safe: bool) -> Option<String> {
    let owner = metadata.uid();
    if owner != 0 && owner != me.as_raw() {
        return Some(format!("belongs to another user (uid {owner})"));
    }
    if sticky_is_safe && metadata.mode() & STICKY != 0 {
        return None;
    }
    if metadata.mode() & OTHERS_WRITE != 0 {
        return Some("may be written by everybody".to_owned());
    }
    if metadata.mode() & GROUP_WRITE != 0 && !is_private_group(Gid::from_raw(metadata.gid()), owner) {
        return Some(format!("may be written by its group (gid {})", metadata.gid()));
    }
    None
}

/// A private group is named like its user and has no other member (Debian and Fedora make one for every user).
fn is_private_group(group: Gid, owner: u32) -> bool {
    let (Ok(Some(group)), Ok(Some(user))) = (Group::from_gid(group), User::from_uid(Uid::from_raw(owner))) else {
        return false;
    };
    group.name == user.name && group.mem.iter().all(|member| *member == user.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn plugin(folder_mode: u32, file_mode: u32) -> Result<(), HostingError> {
        let folder =
            std::env::temp_dir().join(format!("windlass-safety-{}-{folder_mode}-{file_mode}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("x.so");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(file_mode)).unwrap();
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(folder_mode)).unwrap();
        let result = check(&path, &File::open(&path).unwrap());
        std::fs::remove_dir_all(&folder).unwrap();
        result
    }

    #[test]
    fn ones_own_file_below_a_sticky_folder_is_safe() {
        plugin(0o755, 0o644).unwrap();
    }

    #[test]
    fn a_file_that_all_may_write_is_refused() {
        let error = plugin(0o755, 0o666).unwrap_err();
        assert!(error.to_string().ends_with("x.so` may be written by everybody"), "{error}");
    }

    #[test]
    fn a_folder_that_all_may_write_is_refused_even_when_sticky() {
        assert!(matches!(plugin(0o777, 0o644), Err(HostingError::Unsafe { .. })));
        assert!(matches!(plugin(0o1777, 0o644), Err(HostingError::Unsafe { .. })));
    }
}
