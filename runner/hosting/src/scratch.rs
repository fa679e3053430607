//! The scratch folder of one step of a program.

mod removal;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

/// Where root makes the folder of another user, when that user cannot get to the folder that is asked for: the data of a
/// runner is nobody else's.
pub(crate) const COMMON: &str = "/var/lib/windlass-scratch";
const LOCK_SUFFIX: &str = ".lock";
/// Held while folders are made or looked through.
const PARENTS_LOCK: &str = ".lock";

/// A private folder, gone when this is dropped. Beside it lies a locked file; a lock ends with its process, so that a
/// folder whose lock is free was left by a runner that was killed, and is removed when the next one is made.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    /// Makes one below `parent`, which is made when it is absent, for this user or for `owner`, which only root can.
    /// Blocking: it also removes what others left there.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn create(parent: &Path, owner: Option<u32>) -> io::Result<Self> {
        let parent = if owner.is_some() && !others_can_reach(parent) { Path::new(COMMON) } else { parent };
        prepare(parent)?;
        Self::sweep(parent);
        let parents_lock = lock(&parent.join(PARENTS_LOCK), FlockOperation::LockExclusive)?;
        let name = random_name()?;
        let lock = lock(&parent.join(format!("{name}{LOCK_SUFFIX}")), FlockOperation::NonBlockingLockExclusive)?;
        let scratch = Self { path: parent.join(name), _lock: lock };
        DirBuilder::new().mode(0o700).create(&scratch.path)?;
        drop(parents_lock);
        if let Some(owner) = owner {
            lchown(&scratch.path, Some(owner), Some(owner))?;
        }
        Ok(scratch)
    }

    /// Removes what killed runners left below `parent`. What cannot be removed is left for the next time.
    pub(crate) fn sweep(parent: &Path) {
        for (folder, _lock) in abandoned(parent).unwrap_or_default() {
            remove(&folder);
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// The lock goes last, so that a folder is never there without one.
fn remove(folder: &Path) {
    if removal::remove(folder).is_ok() {
        let _ = fs::remove_file(lock_of(folder));
    }
}

fn lock_of(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(LOCK_SUFFIX);
    name.into()
}

/// The folders whose lock is free, with their locks, which are held from here on.
fn abandoned(parent: &Path) -> io::Result<Vec<(PathBuf, File)>> {
    let _parents_lock = lock(&parent.join(PARENTS_LOCK), FlockOperation::LockExclusive)?;
    let mut found = Vec::new();
    for entry in parent.read_dir()?.flatten() {
        let path = entry.path();
        let folder = path.to_str().and_then(|path| path.strip_suffix(LOCK_SUFFIX)).map(PathBuf::from);
        if let Some(folder) = folder.filter(|folder| folder.file_name().is_some() && !folder.ends_with("."))
            && entry.file_name() != PARENTS_LOCK
            && let Ok(lock) = lock(&path, FlockOperation::NonBlockingLockExclusive)
        {
            found.push((folder, lock));
        }
    }
    Ok(found)
}

/// Others may go through the parent, to the folder whose name they know, and see nothing in it.
fn prepare(parent: &Path) -> io::Result<()> {
    if let Some(above) = parent.parent() {
        fs::create_dir_all(above)?;
    }
    match DirBuilder::new().mode(0o711).create(parent) {
        // The file mode creation mask may have taken something away.
        Ok(()) => fs::set_permissions(parent, fs::Permissions::from_mode(0o711)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => owned(parent),
        Err(error) => Err(error),
    }
}

/// In a folder that everybody may write, somebody else may have been first.
fn owned(parent: &Path) -> io::Result<()> {
    let metadata = parent.symlink_metadata()?;
    let me = rustix::process::geteuid().as_raw();
    if metadata.is_dir() && metadata.uid() == me && metadata.mode() & 0o022 == 0 {
        return Ok(());
    }
    let message = format!("`{}` is no folder that only this user may write; remove it", parent.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

fn others_can_reach(parent: &Path) -> bool {
    let there = parent.ancestors().filter_map(|folder| folder.metadata().ok());
    there.map(|metadata| metadata.mode()).all(|mode| mode & 0o001 != 0)
}

fn lock(path: &Path, operation: FlockOperation) -> io::Result<File> {
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::CLOEXEC).bits();
    let flags = i32::try_from(flags).expect("flags of open fit its argument");
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).custom_flags(flags).open(path)?;
    rustix::fs::flock(&file, operation)?;
    Ok(file)
}

fn random_name() -> io::Result<String> {
    let mut bytes = [0; 16];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests;
