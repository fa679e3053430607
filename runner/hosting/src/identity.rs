//! What a file says it is: ELF header and note, read without opening the library or starting the program.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use elf::abi::EI_NIDENT;
use elf::endian::AnyEndian;
use elf::file::{FileHeader, parse_ident};
use elf::note::Note;
use elf::{ElfStream, abi};
use windlass_plugin_api::note;

use crate::HostingError;

/// What a note's `form` says.
const LIBRARY: &str = "library";
const PROGRAM: &str = "program";
/// Sections, segments and notes of a plugin are few; a file that claims more is not read further.
const MOST_SECTIONS: u16 = 4096;
/// The length of an ELF header of 64 bits, the longer kind.
const HEADER: usize = 64;

/// What a plugin's ELF note or manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The plugin's name.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// The version of `windlass-plugin-api` that it was built with; for a manifest, its `apiVersion`.
    pub api: String,
}

/// What an ELF file is wanted to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ElfKind {
    Library,
    Program,
}

impl Identity {
    /// Reads and checks the file's header and note.
    ///
    /// # Errors
    /// When the file is no such ELF file, is cut short, is built for another machine or ABI, or has no note.
    pub(crate) fn read(path: &Path, file: &File, kind: ElfKind) -> Result<Self, HostingError> {
        let length = file.metadata().map_err(|source| unreadable(path, source))?.len();
        check_header(path, file, length, kind)?;
        let mut elf = ElfStream::<AnyEndian, _>::open_stream(file)
            .map_err(|error| damaged(path, format!("its header is unreadable ({error})")))?;
        let segments = elf.segments().iter().map(|segment| segment.p_offset.saturating_add(segment.p_filesz));
        check_length(path, segments.max().unwrap_or(0), length)?;
        let text = descriptor(path, &mut elf)?;
        Self::from_descriptor(path, &text, kind)
    }

    fn from_descriptor(path: &Path, text: &str, kind: ElfKind) -> Result<Self, HostingError> {
        let value = |key: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once('='));
            lines.find(|(name, _)| *name == key).map(|(_, value)| value.to_owned())
        };
        let wanted = |key| value(key).ok_or_else(|| damaged(path, format!("its note has no `{key}`")));
        let built_for = wanted("abi")?;
        if built_for != note::ABI.to_string() {
            return Err(HostingError::WrongAbi { path: path.to_owned(), built_for });
        }
        // Notes of api 1.0 have no form: there were libraries only.
        check_form(path, value("form").as_deref().unwrap_or(LIBRARY), kind)?;
        let name = wanted("name")?;
        if !is_name(&name) {
            return Err(damaged(path, "its note has a malformed name".to_owned()));
        }
        Ok(Self { name, version: wanted("version")?, api: wanted("api")? })
    }
}

/// Whether a plugin or a step type may be called so: kebab-case.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn check_form(path: &Path, form: &str, kind: ElfKind) -> Result<(), HostingError> {
    let rename = |what: &str| Err(damaged(path, format!("its note says that it is a {form}, so {what}")));
    match (kind, form) {
        (ElfKind::Library, LIBRARY) | (ElfKind::Program, PROGRAM) => Ok(()),
        (ElfKind::Program, LIBRARY) => rename("its file's name has to end with `.so`"),
        (ElfKind::Library, PROGRAM) => {
            rename("its file's name has to begin with `windlass-plugin-` and to have no extension")
        }
        _ => rename("this runner is too old for it"),
    }
}

/// Looks at the first bytes alone: what they say of the rest may be wrong.
fn check_header(path: &Path, file: &File, length: u64, kind: ElfKind) -> Result<(), HostingError> {
    let mut bytes = [0; HEADER];
    file.read_exact_at(&mut bytes, 0).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => not_a_plugin(path, no_elf(kind)),
        _ => unreadable(path, error),
    })?;
    let header = parse_ident::<AnyEndian>(&bytes).and_then(|ident| FileHeader::parse_tail(ident, &bytes[EI_NIDENT..]));
    let header = header.map_err(|_| not_a_plugin(path, no_elf(kind)))?;
    check_machine(path, &header, kind)?;
    let sections = u64::from(header.e_shnum) * u64::from(header.e_shentsize);
    check_length(path, header.e_shoff.saturating_add(sections), length)
}

fn no_elf(kind: ElfKind) -> &'static str {
    match kind {
        ElfKind::Library => "it is no ELF library",
        ElfKind::Program => "it is no ELF program",
    }
}

fn check_machine(path: &Path, header: &FileHeader<AnyEndian>, kind: ElfKind) -> Result<(), HostingError> {
    let built_for = match header.e_machine {
        abi::EM_X86_64 => "x86_64-linux".to_owned(),
        abi::EM_AARCH64 => "aarch64-linux".to_owned(),
        abi::EM_386 => "i386-linux".to_owned(),
        other => format!("machine {other}"),
    };
    if built_for != note::TARGET {
        return Err(HostingError::WrongTarget { path: path.to_owned(), built_for, wanted: note::TARGET });
    }
    // A program that may be loaded anywhere has the type of a library.
    match (kind, header.e_type) {
        (_, abi::ET_DYN) | (ElfKind::Program, abi::ET_EXEC) => Ok(()),
        (ElfKind::Library, _) => Err(not_a_plugin(path, "it is an ELF file, but no shared library")),
        (ElfKind::Program, _) => Err(not_a_plugin(path, "it is an ELF file, but no program")),
    }
}

/// A library that is cut short would end the process with SIGBUS while it is loaded.
fn check_length(path: &Path, needed: u64, length: u64) -> Result<(), HostingError> {
    if needed > length {
        return Err(damaged(path, format!("it is cut short, to {length} bytes of at least {needed}")));
    }
    Ok(())
}

fn descriptor<R: std::io::Read + std::io::Seek>(
    path: &Path,
    elf: &mut ElfStream<AnyEndian, R>,
) -> Result<String, HostingError> {
    let damage = |error: elf::ParseError| damaged(path, format!("its sections are unreadable ({error})"));
    if elf.ehdr.e_shnum > MOST_SECTIONS {
        return Err(damaged(path, "it claims too many sections".to_owned()));
    }
    let section = elf.section_header_by_name(note::SECTION).map_err(damage)?.copied();
    let section = section.ok_or_else(|| not_a_plugin(path, "it has no `.note.windlass` section"))?;
    if section.sh_size > 4096 {
        return Err(damaged(path, "its note is too long".to_owned()));
    }
    for found in elf.section_data_as_notes(&section).map_err(damage)? {
        if let Note::Unknown(found) = found
            && found.n_type == u64::from(note::KIND)
            && found.name_str().is_ok_and(|name| name == note::OWNER)
        {
            let text = std::str::from_utf8(found.desc).map_err(|_| damaged(path, "its note is no text".to_owned()))?;
            return Ok(text.trim_end_matches('\0').to_owned());
        }
    }
    Err(damaged(path, "its note is of another kind".to_owned()))
}

fn unreadable(path: &Path, source: std::io::Error) -> HostingError {
    HostingError::Unreadable { path: path.to_owned(), source }
}

fn not_a_plugin(path: &Path, why: &'static str) -> HostingError {
    HostingError::NotAPlugin { path: path.to_owned(), why }
}

fn damaged(path: &Path, why: String) -> HostingError {
    HostingError::Damaged { path: path.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_abi_is_refused_before_anything_else() {
        let error = Identity::from_descriptor(Path::new("x.so"), "abi=2\n", ElfKind::Library).unwrap_err();
        assert!(matches!(error, HostingError::WrongAbi { built_for, .. } if built_for == "2"));
    }

    #[test]
    fn a_name_that_is_a_path_is_refused() {
        let text = "abi=1\nname=../x\nversion=1\napi=1\n";
        let read = Identity::from_descriptor(Path::new("x.so"), text, ElfKind::Library);
        assert!(matches!(read, Err(HostingError::Damaged { .. })));
    }

    #[test]
    fn a_library_is_no_program_nor_the_other_way_round() {
        let read = |form: &str, kind| {
            let text = format!("abi=1\nname=x\nversion=1\napi=1\n{form}");
            Identity::from_descriptor(Path::new("x"), &text, kind)
        };
        read("", ElfKind::Library).unwrap();
        read("form=library\n", ElfKind::Library).unwrap();
        read("form=program\n", ElfKind::Program).unwrap();
        for (form, kind) in
            [("", ElfKind::Program), ("form=program\n", ElfKind::Library), ("form=x\n", ElfKind::Library)]
        {
            assert!(matches!(read(form, kind), Err(HostingError::Damaged { .. })), "{form} {kind:?}");
        }
    }

    #[test]
    fn a_text_file_is_no_plugin() {
        let folder = std::env::temp_dir().join(format!("windlass-identity-{}", std::process::id()));
        std::fs::write(&folder, "hello").unwrap();
        let error = Identity::read(&folder, &File::open(&folder).unwrap(), ElfKind::Library).unwrap_err();
        std::fs::remove_file(&folder).unwrap();
        assert!(matches!(error, HostingError::NotAPlugin { .. }), "{error}");
    }
}
