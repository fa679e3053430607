use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{MemfdFlags, SealFlags};
use sha2::{Digest, Sha256};
use windlass_plugin_api::PluginMetadata;

use crate::catalog::Kind;
use crate::identity::ElfKind;
use crate::manifest::Manifest;
use crate::{HostingError, Identity, safety};

const CHUNK: usize = 256 * 1024;
/// A manifest is a few pages.
const LARGEST_MANIFEST: u64 = 1024 * 1024;

/// A plugin, ready for any number of hosts: its bytes, hashed and sealed in memory, so that what was checked is what
/// runs, and a file replaced on disk reaches the next execution only.
#[derive(Debug)]
pub struct Library {
    /// Where it was found: the library, the program, or the manifest.
    pub path: PathBuf,
    /// What its note or manifest says.
    pub identity: Identity,
    /// SHA-256, lowercase hex: of the file's bytes. With a manifest, of what `sha256sum MANIFEST PROGRAM` prints in their
    /// folder: a line `HASH  NAME` for each, so that neither can change unnoticed. What the program reads beside itself
    /// is not part of it.
    pub sha256: String,
    /// How it is run.
    pub form: Form,
    memory: File,
    files: Vec<PathBuf>,
}

/// How a plugin is run.
#[derive(Debug)]
pub enum Form {
    /// Loaded into the host process.
    Library,
    /// Started by the host process. It may start further programs.
    Program {
        /// Its file's name, its first argument.
        name: String,
        /// Its further arguments.
        arguments: Vec<String>,
        /// What its manifest says of it; a program with a note is asked.
        metadata: Option<Box<PluginMetadata>>,
    },
}

impl Library {
    /// Checks and copies the file, and with a manifest its program. Blocking: it reads whole files.
    ///
    /// # Errors
    /// When a file is refused or cannot be read.
    pub fn load(path: &Path) -> Result<Self, HostingError> {
        match Kind::of(path) {
            Some(Kind::Manifest) => Self::with_manifest(path),
            Some(Kind::Program) => Self::elf(path, ElfKind::Program),
            Some(Kind::Library) | None => Self::elf(path, ElfKind::Library),
        }
    }

    /// What is known of it without a process.
    pub fn metadata(&self) -> Option<&PluginMetadata> {
        match &self.form {
            Form::Program { metadata, .. } => metadata.as_deref(),
            Form::Library => None,
        }
    }

    /// The files whose bytes it is.
    pub fn files(&self) -> Vec<PathBuf> {
        self.files.clone()
    }

    pub(crate) fn memory(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }

    fn elf(path: &Path, kind: ElfKind) -> Result<Self, HostingError> {
        let unreadable = |source| HostingError::Unreadable { path: path.to_owned(), source };
        let mut file = safety::open(path)?;
        let identity = Identity::read(path, &file, kind)?;
        file.rewind().map_err(unreadable)?;
        let (memory, sha256) = copy(file).map_err(unreadable)?;
        let form = match kind {
            ElfKind::Library => Form::Library,
            ElfKind::Program => Form::Program { name: file_name(path), arguments: Vec::new(), metadata: None },
        };
        Ok(Self { path: path.to_owned(), identity, sha256, form, memory, files: vec![path.to_owned()] })
    }

    fn with_manifest(path: &Path) -> Result<Self, HostingError> {
        let (manifest, manifest_sha256) = read_manifest(path)?;
        manifest.check_schemas()?;
        let program = path.parent().unwrap_or(Path::new(".")).join(&manifest.program);
        let file = open_program(&manifest, &program)?;
        let unreadable = |source| HostingError::Unreadable { path: program.clone(), source };
        let (memory, program_sha256) = copy(file).map_err(unreadable)?;
        let sums =
            format!("{manifest_sha256}  {}\n{program_sha256}  {}\n", file_name(path), manifest.program.display());
        Ok(Self {
            path: path.to_owned(),
            identity: manifest.identity(),
            sha256: hex(Sha256::digest(sums)),
            form: Form::Program {
                name: file_name(&program),
                arguments: manifest.arguments,
                metadata: Some(Box::new(manifest.metadata)),
            },
            memory,
            files: vec![path.to_owned(), program],
        })
    }
}

/// A manifest that is safe, and its hash.
pub(crate) fn read_manifest(path: &Path) -> Result<(Manifest, String), HostingError> {
    let unreadable = |source| HostingError::Unreadable { path: path.to_owned(), source };
    let mut text = Vec::new();
    safety::open(path)?.take(LARGEST_MANIFEST + 1).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LARGEST_MANIFEST {
        return Err(unreadable(std::io::Error::other(format!("it is larger than {LARGEST_MANIFEST} bytes"))));
    }
    let sha256 = hex(Sha256::digest(&text));
    let text = String::from_utf8(text).map_err(|_| unreadable(std::io::Error::other("it is no text in UTF-8")))?;
    Ok((Manifest::parse(path, text)?, sha256))
}

/// The program of a manifest. That it can be started is looked at here, where the place of the mistake is known.
fn open_program(manifest: &Manifest, program: &Path) -> Result<File, HostingError> {
    let file = match safety::open(program) {
        Err(HostingError::Unreadable { source, .. }) => {
            return Err(manifest.about_program(format!("its program cannot be read: {source}")));
        }
        Err(HostingError::NotAPlugin { why, .. }) => {
            return Err(manifest.about_program(format!("its program cannot be used: {why}")));
        }
        opened => opened?,
    };
    let mut first = [0; 4];
    let length = file.read_at(&mut first, 0).unwrap_or(0);
    if !first[..length].starts_with(b"#!") && first != *b"\x7fELF" {
        return Err(manifest.about_program("its program is neither an ELF file nor a script that begins with `#!`"));
    }
    Ok(file)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
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
    // `WRITE` takes away mappings that may write as well; there are none. For that it looks for users of each page and
    // gives up with `EBUSY` when the kernel itself moves or samples one (`memfd_wait_for_pins` in mm/memfd.c).
    let seals = SealFlags::FUTURE_WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&memory, seals)?;
    Ok((memory, hex(hash.finalize())))
}

fn hex(hash: impl AsRef<[u8]>) -> String {
    hash.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
