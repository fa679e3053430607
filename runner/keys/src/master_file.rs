use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::Generate;
use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use zeroize::Zeroizing;

use crate::KeyError;
use crate::ring::{Line, Ring};

/// Four lines with ciphertexts as long as any of KMS are shorter.
const LONGER_THAN_ANY: usize = 40 << 10;

/// Where the master key lies, and where it must not lie. While one takes the place of another both are in the file.
#[derive(Clone)]
pub(crate) struct MasterFile {
    pub(crate) file: PathBuf,
    pub(crate) data_dir: PathBuf,
}

impl MasterFile {
    /// The keys, if there is a file.
    pub(crate) fn load(&self) -> Result<Option<Ring>, KeyError> {
        let unreadable = |source| KeyError::MasterUnreadable { file: self.file.clone(), source };
        // Without O_NONBLOCK, opening a named pipe would wait for ever.
        let opened = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(&self.file);
        let mut file = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(unreadable)?,
        };
        self.refuse_data_dir(unreadable)?;
        self.refuse_unsafe(&file.metadata().map_err(unreadable)?)?;
        let mut text = Zeroizing::new(vec![0; LONGER_THAN_ANY]);
        let length = read_up_to(&mut file, text.as_mut_slice()).map_err(unreadable)?;
        let malformed = || KeyError::MasterMalformed { file: self.file.clone() };
        let ring = Ring::from_text(&text[..length]).filter(|_| length < LONGER_THAN_ANY);
        ring.map(Some).ok_or_else(malformed)
    }

    /// The keys, among them one with this id.
    pub(crate) fn load_with(&self, id: &str) -> Result<Ring, KeyError> {
        let file = || self.file.clone();
        let ring = self.load()?.ok_or_else(|| KeyError::MasterMissing { file: file(), id: id.to_owned() })?;
        if ring.get(id).is_none() {
            return Err(KeyError::MasterMismatch { file: file(), expected: id.to_owned(), found: ring.ids() });
        }
        Ok(ring)
    }

    /// The keys; `first` becomes the only one when there is no file. Of several processes that do so at once one makes
    /// it and all get the same. It is durable when this returns.
    pub(crate) fn load_or_create(&self, first: &Line) -> Result<Ring, KeyError> {
        let unmade = |source| KeyError::MasterNotMade { file: self.file.clone(), source };
        let mut key = self.load()?;
        if key.is_none() {
            DirBuilder::new().recursive(true).mode(0o700).create(self.folder()).map_err(unmade)?;
            self.refuse_data_dir(unmade)?;
            self.create(first).map_err(unmade)?;
            key = self.load()?;
        }
        // Also for a file that another process has just made: it may not have come to this yet.
        File::open(self.folder()).and_then(|folder| folder.sync_all()).map_err(unmade)?;
        key.ok_or_else(|| unmade(io::ErrorKind::NotFound.into()))
    }

    /// The key that is to follow `newest`: the one after it in the file, else `next`, which is added. Only these two are
    /// in the file then. It is durable when this returns.
    pub(crate) fn next_after(&self, newest: &str, next: &Line) -> Result<Line, KeyError> {
        let unmade = |source| KeyError::MasterNotMade { file: self.file.clone(), source };
        let _alone = self.lock().map_err(unmade)?;
        let ring = self.load_with(newest)?;
        if ring.last().id() == newest {
            let only = ring.from(newest).expect("it was loaded with this key");
            self.replace(&only.and(next.clone())).map_err(unmade)?;
        }
        Ok(self.load_with(newest)?.last().clone())
    }

    /// Removes the keys before `newest` from the file.
    pub(crate) fn drop_before(&self, newest: &str) -> Result<(), KeyError> {
        let unmade = |source| KeyError::MasterNotMade { file: self.file.clone(), source };
        let _alone = self.lock().map_err(unmade)?;
        let ring = self.load_with(newest)?;
        match ring.from(newest).filter(|left| left.len() < ring.len()) {
            Some(left) => self.replace(&left).map_err(unmade),
            None => Ok(()),
        }
    }

    /// Keeps other processes from changing the file until it is dropped.
    fn lock(&self) -> io::Result<File> {
        let folder = File::open(self.folder())?;
        folder.lock()?;
        Ok(folder)
    }

    /// Written in full under another name, then moved: nobody ever reads half a ring. It belongs to whom it belonged to.
    fn replace(&self, ring: &Ring) -> io::Result<()> {
        let real = fs::canonicalize(&self.file)?;
        let folder = real.parent().expect("a file has a folder");
        let draft = draft_in(folder);
        let before = fs::metadata(&real)?;
        let written = write_new(&draft, &ring.to_text()).and_then(|file| {
            fchown(&file, Some(before.uid()), Some(before.gid()))?;
            file.set_permissions(before.permissions())?;
            file.sync_all()?;
            fs::rename(&draft, &real)
        });
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        written?;
        File::open(folder)?.sync_all()
    }

    /// Written in full under another name, then linked: nobody ever reads half a key, and no key is ever replaced.
    fn create(&self, first: &Line) -> io::Result<()> {
        let draft = draft_in(self.folder());
        let written = write_new(&draft, &first.to_text());
        let linked = written.and_then(|_| fs::hard_link(&draft, &self.file));
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

fn draft_in(folder: &Path) -> PathBuf {
    folder.join(format!(".windlass-master-key-{:016x}", u64::generate()))
}

fn write_new(file: &Path, text: &[u8]) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(text)?;
    file.sync_all()?;
    Ok(file)
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
