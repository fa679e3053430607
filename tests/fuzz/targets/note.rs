//! The ELF header and note of plugins, libraries and programs: real files, changed where the readers look.

use std::fs::{self, Permissions};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use bolero::TypeGenerator;
use bolero::generator::produce;
use elf::ElfBytes;
use elf::abi::SHN_UNDEF;
use elf::endian::LittleEndian;
use tempfile::TempDir;
use windlass_fuzz::{Bounds, Edit, hold};
use windlass_hosting::{Catalog, Library};
use windlass_plugin_api::note;
use windlass_tests::binaries;

/// The tables of the header and one copied piece of the file.
const BOUNDS: Bounds = Bounds { base: 16 << 20, each: 64 };
const LIBRARY: &str = "libwindlass_plugin_sts.so";
const PROGRAM: &str = "windlass-plugin-shell";
/// Numbers at the edges of the types in headers.
const WORDS: &[u64] =
    &[0, 1, 0x7f, 0xff, 0x1000, 0xffff, 0x1_0000, 0x7fff_ffff, 0xffff_ffff, 1 << 32, i64::MAX as u64, u64::MAX];

/// What is changed about a file.
#[derive(Clone, Debug, TypeGenerator)]
struct Change {
    program: bool,
    #[generator(produce::<Vec<Patch>>().with().len(1..=4usize))]
    patches: Vec<Patch>,
    cut: Option<u32>,
}

/// A change of one of the parts that are read.
#[derive(Clone, Debug, TypeGenerator)]
enum Patch {
    Byte { part: u8, at: u16, value: u8 },
    Word { part: u8, at: u16, width: u8, value: u8 },
    Text { edit: Edit },
}

#[test]
fn an_elf_note() {
    let ground = [Ground::new(LIBRARY, "sts"), Ground::new(PROGRAM, "shell")];
    for ground in &ground {
        ground.read_built();
        ground.read(&ground.skeleton);
        assert_eq!(ground.named(&ground.skeleton).as_deref(), Some(ground.plugin));
    }
    let input = |change: &Change| {
        let mut bytes = ground[usize::from(change.program)].skeleton.clone();
        let parts = &ground[usize::from(change.program)].parts;
        change.patches.iter().for_each(|patch| patch.apply(&mut bytes, parts));
        if let Some(cut) = change.cut {
            Edit::Truncate { at: cut }.apply(&mut bytes, &[]);
        }
        bytes.insert(0, change.program.into());
        bytes
    };
    hold("an_elf_note", BOUNDS, input, |input| ground[usize::from(input[0])].read(&input[1..]));
}

/// A plugin's file, as it was built, and as small as it can be with the same header and note.
struct Ground {
    folder: TempDir,
    name: &'static str,
    plugin: &'static str,
    skeleton: Vec<u8>,
    /// What is read: header, segments, names of sections, the note, sections.
    parts: Vec<Range<usize>>,
}

impl Ground {
    fn new(name: &'static str, plugin: &'static str) -> Self {
        let (skeleton, parts) = skeleton(&fs::read(binaries::built(name).unwrap()).unwrap());
        Self { folder: tempfile::tempdir().unwrap(), name, plugin, skeleton, parts }
    }

    fn read_built(&self) {
        let library = Library::load(&binaries::built(self.name).unwrap()).unwrap();
        assert_eq!(library.identity.name, self.plugin);
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(self.name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The name of the plugin that these bytes are.
    fn named(&self, bytes: &[u8]) -> Option<String> {
        Library::load(&self.write(bytes)).ok().map(|library| library.identity.name)
    }

    fn read(&self, bytes: &[u8]) {
        let path = self.write(bytes);
        let found = Catalog::new(vec![self.folder.path().to_owned()], PathBuf::new()).find();
        let loaded = Library::load(&path);
        let identity = loaded.as_ref().map(|library| &library.identity);
        // A program without a note is not even listed.
        if let Some(found) = found.first() {
            assert_eq!(found.identity.as_ref().ok(), identity.ok());
        }
        match identity {
            Ok(identity) => {
                let name = identity.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                assert!(name, "{identity:?}");
            }
            Err(error) => {
                let said = error.to_string();
                assert!(said.contains(path.to_str().unwrap()), "the error does not name the file: {said}");
            }
        }
    }
}

impl Patch {
    fn apply(&self, bytes: &mut [u8], parts: &[Range<usize>]) {
        let part = |which: u8| parts[usize::from(which) % parts.len()].clone();
        match self {
            Self::Byte { part: which, at, value } => {
                let part = part(*which);
                let at = part.start + usize::from(*at) % part.len();
                bytes.get_mut(at).into_iter().for_each(|byte| *byte = *value);
            }
            Self::Word { part: which, at, width, value } => {
                let (part, width) = (part(*which), 1 << (width % 4));
                let at = part.start + usize::from(*at) % part.len() / width * width;
                let word = WORDS[usize::from(*value) % WORDS.len()].to_le_bytes();
                bytes.get_mut(at..at + width).into_iter().for_each(|place| place.copy_from_slice(&word[..width]));
            }
            Self::Text { edit } => {
                // The note's own text, which keeps its length.
                let note = parts[NOTE].clone();
                let mut text = bytes[note.clone()].to_vec();
                edit.apply(&mut text, b"abi=1\nname=x\n");
                text.resize(note.len(), 0);
                bytes[note].copy_from_slice(&text);
            }
        }
    }
}

/// Which of the parts is the note.
const NOTE: usize = 3;
/// Where an ELF header of 64 bits says where its tables are, and how long (elf(5)).
const SECTIONS_AT: usize = 0x28;
const SECTION_COUNT: usize = 0x3c;
const NAMES_INDEX: usize = 0x3e;
const SECTION_SIZE: usize = 64;

/// The header of a file, its segments without what is in them, its names of sections, its note, and the two sections.
fn skeleton(built: &[u8]) -> (Vec<u8>, Vec<Range<usize>>) {
    let elf = ElfBytes::<LittleEndian>::minimal_parse(built).unwrap();
    let note = elf.section_header_by_name(note::SECTION).unwrap().unwrap();
    let sections = elf.section_headers().unwrap();
    let names = sections.get(elf.ehdr.e_shstrndx.into()).unwrap();
    let mut bytes = built[..64].to_vec();
    let header = 0..64;
    let mut parts = vec![header];
    let mut add = |bytes: &mut Vec<u8>, more: &[u8]| {
        let start = bytes.len();
        bytes.extend_from_slice(more);
        parts.push(start..bytes.len());
        start as u64
    };
    let size = |number: u64| usize::try_from(number).unwrap();
    let piece = |offset: u64, length: u64| &built[size(offset)..size(offset + length)];
    let mut segments = piece(elf.ehdr.e_phoff, u64::from(elf.ehdr.e_phnum) * 56).to_vec();
    for segment in segments.chunks_mut(56) {
        // Nothing of the file is in them any more: offset and size there are 0.
        segment[8..16].fill(0);
        segment[32..40].fill(0);
    }
    add(&mut bytes, &segments);
    let names_at = add(&mut bytes, piece(names.sh_offset, names.sh_size));
    let note_at = add(&mut bytes, piece(note.sh_offset, note.sh_size));
    let header = |index: usize, offset: u64| {
        let start = size(elf.ehdr.e_shoff) + index * SECTION_SIZE;
        let mut header = built[start..start + SECTION_SIZE].to_vec();
        header[24..32].copy_from_slice(&offset.to_le_bytes());
        header
    };
    let index = sections.iter().position(|section| section == note).unwrap();
    let headers = [header(SHN_UNDEF.into(), 0), header(index, note_at), header(elf.ehdr.e_shstrndx.into(), names_at)];
    let sections_at = add(&mut bytes, &headers.concat());
    bytes[SECTIONS_AT..SECTIONS_AT + 8].copy_from_slice(&sections_at.to_le_bytes());
    bytes[SECTION_COUNT..SECTION_COUNT + 2].copy_from_slice(&3_u16.to_le_bytes());
    bytes[NAMES_INDEX..NAMES_INDEX + 2].copy_from_slice(&2_u16.to_le_bytes());
    (bytes, parts)
}
