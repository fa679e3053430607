//! Plugin folders: what is found, what is refused and why, and that what was checked is what runs.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod constructors;
mod contained;
mod files;
mod found;
mod host;
mod locked;
mod old;
mod replaced;
mod rights;

use crate::installation::{Ended, Installation};
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use windlass_tests::binaries;

const MISBEHAVE: &str = "libwindlass_plugin_misbehave.so";
const NOOP: &str = "concurrency: {limit: 9}\nsteps: [{id: noop, uses: misbehave/noop}]\n";

/// An installation with a plugin folder of its own, `plugins`, and a job that does nothing with `misbehave`.
struct Shelf {
    installation: Installation,
    folder: PathBuf,
}

impl Shelf {
    fn empty() -> Self {
        let installation = Installation::new("projects: [{name: web}]\n");
        installation.job(NOOP);
        let folder = installation.folder().join("plugins");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        Self { installation, folder }
    }

    /// One with a file of this content, named as the built plugin is.
    fn with(content: &[u8]) -> (Self, PathBuf) {
        let shelf = Self::empty();
        let file = shelf.put(MISBEHAVE, content);
        (shelf, file)
    }

    fn put(&self, name: &str, content: &[u8]) -> PathBuf {
        let file = self.folder.join(name);
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        file
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.installation.run(&[&["--plugin-dir", self.folder.to_str().unwrap()], arguments].concat())
    }

    fn run_job(&self) -> Ended {
        self.installation.run_job(&["--output", "json", "--plugin-dir", self.folder.to_str().unwrap()])
    }

    /// What the listing says of a file.
    #[track_caller]
    fn listed(&self, file: &Path) -> Value {
        let listed: Vec<Value> = serde_json::from_str(self.run(&["plugin", "list", "--output", "json"]).ok()).unwrap();
        let found = listed.iter().find(|entry| entry["path"] == file.to_str().unwrap());
        found.unwrap_or_else(|| panic!("no {} in {listed:?}", file.display())).clone()
    }
}

/// Copies a built program by another process: one that a neighbouring test starts meanwhile would inherit our descriptor
/// of the copy, and a file that somebody writes cannot be executed (execve(2), `ETXTBSY`).
fn copy_program(binary: &str, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    let copied = Command::new("cp").args([&binaries::built(binary).unwrap(), to]).status().unwrap();
    assert!(copied.success());
}

/// The built plugin.
fn misbehave() -> Vec<u8> {
    fs::read(binaries::built(MISBEHAVE).unwrap()).unwrap()
}

/// The bytes with a text replaced by another of the same length, wherever it stands.
fn replaced(mut bytes: Vec<u8>, text: &str, by: &str) -> Vec<u8> {
    assert_eq!(text.len(), by.len());
    let places: Vec<usize> =
        (0..bytes.len() - text.len()).filter(|at| bytes[*at..].starts_with(text.as_bytes())).collect();
    assert!(!places.is_empty(), "no {text:?}");
    for at in places {
        bytes[at..at + by.len()].copy_from_slice(by.as_bytes());
    }
    bytes
}
