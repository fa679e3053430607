use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{MemfdFlags, SealFlags};
use sha2::{Digest, Sha256};

use crate::{HostingError, Identity, safety};

const CHUNK: usize = 256 * 1024;

/// A plugin's library, ready for any number of hosts: its bytes, hashed and sealed in memory, so that what was checked is
/// what runs, and a file replaced on disk reaches the next execution only.
#[derive(Debug)]
pub struct Library {
    /// Where it was found.
    pub path: PathBuf,
    /// What its note says.
    pub identity: Identity,
    /// SHA-256 of its bytes, lowercase hex.
    pub sha256: String,
    memory: File,
}

impl Library {
    /// Checks and copies the file. Blocking: it reads the whole file.
    ///
    /// # Errors
    /// When the file is refused or cannot be read.
    pub fn load(path: &Path) -> Result<Self, HostingError> {
        let unreadable = |source| HostingError::Unreadable { path: path.to_owned(), source };
        let mut file = safety::open(path)?;
        let identity = Identity::read(path, &file)?;
        std::io::Seek::rewind(&mut file).map_err(unreadable)?;
        let (memory, sha256) = copy(file).map_err(unreadable)?;
        Ok(Self { path: path.to_owned(), identity, sha256, memory })
    }

    pub(crate) fn memory(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}

fn copy(mut file: File) -> std::io::Result<(File, String)> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = rustix::fs::memfd_create("windlass-plugin", flags | MemfdFlags::EXEC)
        // Kernels before 6.3 do not know the flag; there every memory file may be executed.
        .or_else(|_| rustix::fs::memfd_create("windlass-plugin", flags))?;
    let mut memory = File::from(memory);
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = file.read(&mut chunk)?;
        if length == 0 {
            break;
        }
        hash.update(&chunk[..length]);
        memory.write_all(&chunk[..length])?;
    }
    rustix::fs::fcntl_add_seals(&memory, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    let hex = hash.finalize().iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"));
    Ok((memory, hex))
}
