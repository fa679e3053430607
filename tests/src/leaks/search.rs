use super::forms::forms;
use super::sampler::Sample;
use super::{Cell, cells};
use crate::{Context, Outcome};
use aho_corasick::AhoCorasick;
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

/// A shorter one would be found in anything.
const SHORTEST: usize = 8;

/// Something that may be found nowhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// What it is, for reports.
    pub name: String,
    /// What is looked for.
    pub value: Vec<u8>,
}

/// A secret that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Find {
    /// Which.
    pub secret: String,
    /// Its form: `plain`, `hex`, `base64`, `URL` or `JSON`.
    pub form: &'static str,
    /// Where.
    pub place: String,
}

/// Looks for all forms of some secrets in one pass.
#[derive(Debug)]
pub struct Search {
    patterns: AhoCorasick,
    names: Vec<(String, &'static str)>,
}

impl Secret {
    /// A secret and its name.
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// The same backwards: a form that no masking knows, to show that the rest of a search works.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let value: Vec<u8> = self.value.iter().rev().copied().collect();
        Self { name: format!("{} backwards", self.name), value }
    }
}

impl Search {
    /// A search for these.
    ///
    /// # Panics
    /// When there is none, or one is too short to be told from chance.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let (mut names, mut patterns) = (Vec::new(), Vec::new());
        for secret in secrets {
            assert!(secret.value.len() >= SHORTEST, "{} has only {} bytes", secret.name, secret.value.len());
            for (form, pattern) in forms(&secret.value) {
                names.push((secret.name.clone(), form));
                patterns.push(pattern);
            }
        }
        assert!(!patterns.is_empty(), "a search for nothing finds nothing");
        Self { patterns: AhoCorasick::new(patterns).expect("some kilobytes of patterns"), names }
    }

    /// In some bytes that were at `place`; each form of each secret once.
    #[must_use]
    pub fn bytes(&self, place: &str, bytes: &[u8]) -> Vec<Find> {
        let matches = self.patterns.find_overlapping_iter(bytes);
        let found: BTreeSet<usize> = matches.map(|found| found.pattern().as_usize()).collect();
        let find = |pattern: usize| {
            let (secret, form) = &self.names[pattern];
            Find { secret: secret.clone(), form, place: place.to_owned() }
        };
        let finds: BTreeSet<Find> = found.into_iter().map(find).collect();
        finds.into_iter().collect()
    }

    /// In every file of a folder and the folders in it, save those named.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn folder(&self, folder: &Path, except: &[&Path]) -> Outcome<Vec<Find>> {
        let unreadable = || format!("search {}", folder.display());
        let mut finds = Vec::new();
        for entry in fs::read_dir(folder).context(unreadable)? {
            let path = entry.context(unreadable)?.path();
            if except.contains(&path.as_path()) {
                continue;
            }
            if path.is_dir() {
                finds.extend(self.folder(&path, except)?);
            } else if path.is_file() {
                let bytes = fs::read(&path).context(|| format!("search {}", path.display()))?;
                finds.extend(self.bytes(&path.display().to_string(), &bytes));
            }
        }
        Ok(finds)
    }

    /// In every cell of a SQLite database.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn database(&self, file: &Path) -> Outcome<Vec<Find>> {
        let finds = |Cell { place, bytes, .. }: Cell| self.bytes(&place, &bytes);
        Ok(cells(file)?.into_iter().flat_map(finds).collect())
    }

    /// In what a sampler saw.
    #[must_use]
    pub fn samples<'a>(&self, samples: impl IntoIterator<Item = &'a Sample>) -> Vec<Find> {
        samples.into_iter().flat_map(|sample| self.bytes(&sample.place(), &sample.bytes)).collect()
    }
}

/// Without the value: a report of a failed search is itself an output.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_reported_once_with_its_place() {
        let search = Search::new(&[Secret::new("one", "wJalrXUt/nFEMI"), Secret::new("two", "another/secret")]);
        let text = "wJalrXUt/nFEMI wJalrXUt/nFEMI another%2Fsecret";
        let finds = search.bytes("here", text.as_bytes());
        let seen: Vec<_> = finds.iter().map(|find| (find.secret.as_str(), find.form, find.place.as_str())).collect();
        assert_eq!(seen, [("one", "plain", "here"), ("two", "URL", "here")]);
        assert_eq!(search.bytes("here", b"wJalrXUt nFEMI").len(), 0);
    }

    #[test]
    fn folders_are_searched_all_the_way_down() {
        let folder = tempfile::tempdir().unwrap();
        let (deep, known) = (folder.path().join("a/b"), folder.path().join("known"));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("core"), b"\0\0recognisable\0").unwrap();
        fs::write(&known, b"recognisable").unwrap();
        let finds = Search::new(&[Secret::new("it", "recognisable")]).folder(folder.path(), &[&known]).unwrap();
        let places: Vec<&str> = finds.iter().map(|find| find.place.as_str()).collect();
        assert_eq!(places, [deep.join("core").to_str().unwrap()]);
    }

    #[test]
    fn a_report_shows_no_secret() {
        assert!(!format!("{:?}", Secret::new("it", "recognisable")).contains("recognisable"));
    }
}
