use std::collections::BTreeMap;

use windlass_store::{SecretEntry, SecretKind};

use crate::LONGEST;
use crate::envelope::OVERHEAD;

/// The smallest size that is told apart: the length of a password helps whoever guesses it.
const SMALLEST: usize = 64;

/// That a secret exists; nothing of its value. Times are milliseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEntry {
    /// Where it lies.
    pub path: String,
    /// 1 for the first value at the path, one more for each that replaced it. Not every other store counts.
    pub version: Option<i64>,
    /// What it is; in other stores always a password.
    pub kind: SecretKind,
    /// The secret has no more bytes than this: 64, or four times as many, and so on. Other stores do not say.
    pub at_most_bytes: Option<usize>,
    /// When the first value was set. Not every other store says so.
    pub created_at: Option<i64>,
    /// When this value was set.
    pub updated_at: Option<i64>,
    /// The mount that it is read from; none for what lies in the database.
    pub mount: Option<String>,
}

impl From<SecretEntry> for KeyEntry {
    fn from(entry: SecretEntry) -> Self {
        let SecretEntry { path, version, kind, sealed_bytes, created_at, updated_at } = entry;
        let at_most_bytes = size(usize::try_from(sealed_bytes).unwrap_or(0).saturating_sub(OVERHEAD));
        Self {
            path,
            version: Some(version),
            kind,
            at_most_bytes: Some(at_most_bytes),
            created_at: Some(created_at),
            updated_at: Some(updated_at),
            mount: None,
        }
    }
}

fn size(bytes: usize) -> usize {
    let mut size = SMALLEST;
    while size < bytes.min(LONGEST) {
        size *= 4;
    }
    size
}

/// What lies directly in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The folders in it by their whole paths, and how many secrets are in each and below it.
    pub folders: BTreeMap<String, usize>,
    /// The secrets in it, by path.
    pub keys: Vec<KeyEntry>,
}

impl Folder {
    /// Of all that lies in and below `folder` what lies directly in it.
    pub fn of(folder: &str, below: Vec<KeyEntry>) -> Self {
        let folder = folder.trim_end_matches('/');
        let (mut folders, mut keys) = (BTreeMap::new(), Vec::new());
        for entry in below {
            let inner = entry.path[folder.len() + 1..].split_once('/').map(|(name, _)| format!("{folder}/{name}"));
            match inner {
                Some(inner) => *folders.entry(inner).or_default() += 1,
                None => keys.push(entry),
            }
        }
        Self { folders, keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> KeyEntry {
        let (path, kind) = (path.to_owned(), SecretKind::Password);
        SecretEntry { path, version: 1, kind, sealed_bytes: 41, created_at: 1, updated_at: 2 }.into()
    }

    #[test]
    fn sizes_are_rounded_up() {
        let sizes = [0, 1, 7, 64, 65, 256, 257, 4097, 16_385, LONGEST].map(size);
        assert_eq!(sizes, [64, 64, 64, 64, 256, 256, 1024, 16_384, 65_536, 65_536]);
        assert_eq!(entry("keys/a").at_most_bytes, Some(64));
    }

    #[test]
    fn a_folder_shows_what_is_directly_in_it() {
        let below = || ["keys/a/x", "keys/a/y/1", "keys/a/y/2/3", "keys/a/z"].map(entry).to_vec();
        for folder in ["keys/a", "keys/a/"] {
            let Folder { folders, keys } = Folder::of(folder, below());
            assert_eq!(folders, BTreeMap::from([("keys/a/y".to_owned(), 2)]));
            assert_eq!(keys, [entry("keys/a/x"), entry("keys/a/z")]);
        }
        assert_eq!(Folder::of("keys", below()).folders, BTreeMap::from([("keys/a".to_owned(), 4)]));
    }
}
