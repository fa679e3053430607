//! The ELF note that says what a library is, readable without opening it.
//!
//! Opening a library already runs its code, so the runner looks first: a note in section `.note.windlass`, owner
//! `Windlass`, type 1, whose descriptor is text of `key=value` lines (`abi`, `api`, `target`, `name`), padded with
//! zero bytes to [`DESCRIPTOR`].

/// The number of the library border ([`crate::boundary`]). It changes only when an old plugin could no longer be called.
pub const ABI: u32 = 1;
/// The owner field of the note.
pub const OWNER: &str = "Windlass";
/// The type field of the note.
pub const KIND: u32 = 1;
/// The section that holds the note.
pub const SECTION: &str = ".note.windlass";
/// The length of the descriptor in bytes.
pub const DESCRIPTOR: usize = 256;
/// What plugins on this machine are built for.
pub const TARGET: &str = if cfg!(target_arch = "x86_64") { "x86_64-linux" } else { "aarch64-linux" };

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
compile_error!("windlass runs on Linux on x86_64 and aarch64 only");

/// The note as it lies in the library (ELF, "Note Section": three words, owner, descriptor, each padded to four bytes).
#[repr(C, align(4))]
#[derive(Debug)]
pub struct Note {
    owner_length: u32,
    descriptor_length: u32,
    kind: u32,
    owner: [u8; 12],
    descriptor: [u8; DESCRIPTOR],
}

impl Note {
    /// The note of a plugin called `name`, of version `version`.
    pub const fn new(name: &str, version: &str) -> Self {
        let mut owner = [0; 12];
        let mut descriptor = [0; DESCRIPTOR];
        copy(&mut owner, 0, OWNER);
        let mut at = copy(&mut descriptor, 0, "abi=1\napi=");
        at = copy(&mut descriptor, at, env!("CARGO_PKG_VERSION"));
        at = copy(&mut descriptor, at, "\ntarget=");
        at = copy(&mut descriptor, at, TARGET);
        at = copy(&mut descriptor, at, "\nname=");
        at = copy(&mut descriptor, at, name);
        at = copy(&mut descriptor, at, "\nversion=");
        at = copy(&mut descriptor, at, version);
        copy(&mut descriptor, at, "\n");
        Self {
            owner_length: OWNER.len() as u32 + 1,
            descriptor_length: DESCRIPTOR as u32,
            kind: KIND,
            owner,
            descriptor,
        }
    }
}

const fn copy(into: &mut [u8], at: usize, text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        into[at + i] = bytes[i];
        i += 1;
    }
    at + bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_descriptor_names_the_abi_number() {
        let note = Note::new("greeter", "0.1.0");
        let text = std::str::from_utf8(&note.descriptor).unwrap().trim_end_matches('\0');
        assert!(text.starts_with(&format!("abi={ABI}\napi=1.")), "{text}");
        assert!(text.ends_with("\nname=greeter\nversion=0.1.0\n"), "{text}");
    }
}
