use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::Generate;
use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use zeroize::Zeroizing;

use crate::KeyError;
use crate::master::MasterKey;

const LONGER_THAN_LINE: usize = 128;

/// Where the master key lies, and where it must not lie.
pub(crate) struct MasterFile {
    pub(crate) file: PathBuf,
    pub(crate) data_dir: PathBuf,
}

impl MasterFile {
    /// The key, if there is a file.
    pub(crate) fn load(&self) -> Result<Option<MasterKey>, KeyError> {
        let unreadable = |source| KeyError::MasterUnreadable { file: self.file.clone(), source };
        // Without O_NONBLOCK, opening a named pipe would wait for ever.
        let opened = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(&self.file);
        let mut file = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(unreadable)?,
        };
        self.refuse_data_dir(unreadable)?;
        self.refuse_unsafe(&file.metadata().map_err(unreadable)?)?;
        let mut line = Zeroizing::new([0; LONGER_THAN_LINE]);
        let length = read_up_to(&mut file, line.as_mut_slice()).map_err(unreadable)?;
        let malformed = || KeyError::MasterMalformed { file: self.file.clone() };
        MasterKey::from_line(&line[..length]).map(Some).ok_or_else(malformed)
    }

    /// The key; the first one is made when there is no file. Of several processes that do so at once one makes it and
    /// all get the same. It is durable when this returns.
    pub(crate) fn load_or_create(&self) -> Result<MasterKey, KeyError> {
        let unmade = |source| KeyError::MasterNotMade { file: self.file.clone(), source };
        let mut key = self.load()?;
        if key.is_none() {
            DirBuilder::new().recursive(true).mode(0o700).create(self.folder()).map_err(unmade)?;
            self.refuse_data_dir(unmade)?;
            self.create().map_err(unmade)?;
            key = self.load()?;
        }
        // Also for a file that another process has just made: it may not have come to this yet.
        File::open(self.folder()).and_then(|folder| folder.sync_all()).map_err(unmade)?;
        key.ok_or_else(|| unmade(io::ErrorKind::NotFound.into()))
    }

    /// Written in full under another name, then linked: nobody ever reads half a key, and no key is ever replaced.
    fn create(&self) -> io::Result<()> {
        let draft = self.folder().join(format!(".windlass-master-key-{:016x}", u64::generate()));
        let written = write_new(&draft);
        let linked = written.and_then(|()| fs::hard_link(&draft, &self.file));
        let _ = fs::remove_file(&draft);
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    fn refuse_data_dir(&self, unreadable: impl Fn(io::Error) -> KeyError) -> Result<(), KeyError> {
        let place = if self.file.exists() { self.file.as_path() } else { self.folder() };
        let real = fs::canonicalize(place).map_err(&unreadable)?;
        let data_dir = match fs::canonicalize(&self.data_dir) {
            // With a database elsewhere there may be none yet, and nothing lies in it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            found => found.map_err(unreadable)?,
        };
        if !real.starts_with(data_dir) {
            return Ok(());
        }
        let remedy =
            "move it to a folder that is not backed up with the data directory, and name it as `masterKeyFile`";
        Err(self.not_safe("it lies in the data directory", remedy.to_owned()))
    }

    fn folder(&self) -> &Path {
        self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    fn refuse_unsafe(&self, metadata: &fs::Metadata) -> Result<(), KeyError> {
        let file = self.file.display();
        if !metadata.is_file() {
            return Err(self.not_safe("it is not a regular file", "name a file as `masterKeyFile`".to_owned()));
        }
        let (owner, we) = (metadata.uid(), geteuid().as_raw());
        if owner != we && owner != 0 {
            let remedy = format!("if its content is right: `chown {we} {file}`");
            return Err(self.not_safe("it belongs to another user", remedy));
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(self.not_safe("its group or others may use it", format!("`chmod 600 {file}`")));
        }
        Ok(())
    }

    fn not_safe(&self, why: &'static str, remedy: String) -> KeyError {
        KeyError::MasterUnsafe { file: self.file.clone(), why, remedy }
    }
}

fn write_new(file: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(&MasterKey::random().to_line())?;
    file.sync_all()
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests;
