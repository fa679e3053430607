//! Where things lie in the checkout. Cargo bakes the place of this package into the binary, so both the tests and the
//! `dev` program find the checkout from any working directory.

use crate::{Context, Outcome};
use std::fs;
use std::path::{Path, PathBuf};

/// The checkout: the folder of the workspace's `Cargo.toml`.
#[must_use]
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the package lies in a folder of the checkout").to_path_buf()
}

/// Cargo's target folder, `CARGO_TARGET_DIR` respected.
#[must_use]
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Where requirement files, the seeding script and the lines to load lie.
#[must_use]
pub fn standins() -> PathBuf {
    root().join("tests/standins")
}

/// The 10,000 access-log lines, compressed.
#[must_use]
pub fn access_log() -> PathBuf {
    root().join("tests/data/access10k.log.gz")
}

/// A folder for what this process writes; those of processes that are gone are removed first.
///
/// # Errors
/// When it cannot be made.
pub fn scratch() -> Outcome<PathBuf> {
    let parent = target().join("scratch");
    let gone = |folder: &PathBuf| {
        folder.file_name().is_some_and(|pid| !Path::new("/proc").join(pid).exists()) && folder.is_dir()
    };
    for folder in fs::read_dir(&parent).into_iter().flatten().flatten().map(|entry| entry.path()).filter(gone) {
        let _other_process_was_quicker = fs::remove_dir_all(folder);
    }
    let own = parent.join(std::process::id().to_string());
    fs::create_dir_all(&own).context(|| format!("make {}", own.display()))?;
    Ok(own)
}

/// A path as a person would type it from the checkout.
#[must_use]
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
