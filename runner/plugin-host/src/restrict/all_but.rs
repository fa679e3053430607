//! Everything but some folders, for Landlock, which can only allow: of each folder above a hidden one, every other
//! entry is allowed by itself.
//!
//! What follows from it, for a folder above a hidden one: it cannot be listed; nothing can be made, removed or renamed
//! directly in it; and what appears there after the step's start (a file that is replaced counts) is out of reach. Links
//! are passed over, since it is their targets that count.

use std::path::{Path, PathBuf};

/// Every place at or below `root` that is not hidden, the highest only. `hidden` are resolved paths.
pub(super) fn places(root: &Path, hidden: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(root, hidden, &mut found);
    found
}

/// The paths with their links resolved. Of what is not there yet, the part that is: it is hidden once it appears, since
/// nothing new in a folder above it is allowed.
pub(super) fn resolved(paths: &[String]) -> Vec<PathBuf> {
    paths.iter().map(|path| resolve(Path::new(path))).collect()
}

fn collect(place: &Path, hidden: &[PathBuf], found: &mut Vec<PathBuf>) {
    if hidden.iter().any(|hidden| hidden == place) {
        return;
    }
    if !hidden.iter().any(|hidden| hidden.starts_with(place)) {
        found.push(place.to_owned());
        return;
    }
    for entry in place.read_dir().into_iter().flatten().flatten() {
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        if !is_link {
            collect(&entry.path(), hidden, found);
        }
    }
}

/// What `/proc` says of the system, and nothing of its processes.
pub(super) fn without_processes() -> Vec<PathBuf> {
    let entries = Path::new("/proc").read_dir().into_iter().flatten().flatten();
    let of_system = entries.filter(|entry| !entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit));
    of_system.filter(|entry| !entry.file_type().is_ok_and(|kind| kind.is_symlink())).map(|entry| entry.path()).collect()
}

fn resolve(path: &Path) -> PathBuf {
    if let Ok(resolved) = path.canonicalize() {
        return resolved;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => resolve(parent).join(name),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_beside_a_hidden_folder_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for place in ["a/data/x", "a/other", "b/c"] {
            fs::create_dir_all(root.join(place)).unwrap();
        }
        fs::write(root.join("a/file"), "").unwrap();
        std::os::unix::fs::symlink(root.join("a/data"), root.join("a/link")).unwrap();
        let through_link = root.join("a/link").to_str().unwrap().to_owned();
        let absent = root.join("b/later/data").to_str().unwrap().to_owned();
        let mut found = places(&root, &resolved(&[through_link, absent]));
        found.sort();
        assert_eq!(found, ["a/file", "a/other", "b/c"].map(|place| root.join(place)));
    }

    #[test]
    fn processes_are_hidden_and_what_the_kernel_says_is_not() {
        let found = without_processes();
        let has = |place: &str| found.iter().any(|found| found == Path::new(place));
        assert!(has("/proc/meminfo") && has("/proc/sys"));
        assert!(!has("/proc/1") && !has("/proc/self"));
    }
}
