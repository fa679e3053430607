use std::path::{Path, PathBuf};

use windlass_errors::nearest_hint;

use crate::{HostingError, Identity, Library, safety};

/// The plugin folders. Nothing is kept: a file dropped in, replaced or removed counts from the next look on.
#[derive(Clone, Debug)]
pub struct Catalog {
    directories: Vec<PathBuf>,
}

/// A file in a plugin folder.
#[derive(Debug)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// What it is, or why it is refused.
    pub identity: Result<Identity, HostingError>,
}

impl Catalog {
    /// A catalog of these folders; those that do not exist are passed over.
    pub fn new(directories: Vec<PathBuf>) -> Self {
        Self { directories }
    }

    /// Every `.so` in the folders, by path. Blocking: it reads headers, no more.
    pub fn find(&self) -> Vec<Found> {
        let mut paths: Vec<PathBuf> = self.directories.iter().flat_map(|folder| libraries(folder)).collect();
        paths.sort();
        paths.dedup();
        paths.into_iter().map(|path| Found { identity: look(&path), path }).collect()
    }

    /// The library of plugin `name`. Blocking.
    ///
    /// # Errors
    /// When there is none, there are two, or it is refused.
    pub fn load(&self, name: &str) -> Result<Library, HostingError> {
        let mut found = self.find();
        let mut matching = found.iter().filter(|found| found.identity.as_ref().is_ok_and(|it| it.name == name));
        let Some(first) = matching.next() else {
            return match found.iter().position(|found| found.identity.is_err() && found.is_named_like(name)) {
                Some(refused) => {
                    Err(found.swap_remove(refused).identity.expect_err("only refused files were looked at"))
                }
                None => Err(self.not_found(name, &found)),
            };
        };
        if let Some(second) = matching.next() {
            let (first, second) = (first.path.clone(), second.path.clone());
            return Err(HostingError::Duplicate { name: name.to_owned(), first, second });
        }
        Library::load(&first.path)
    }

    fn not_found(&self, name: &str, found: &[Found]) -> HostingError {
        let there = found.iter().filter_map(|found| found.identity.as_ref().ok());
        let hint = nearest_hint(name, there.map(|identity| identity.name.as_str()));
        let refused = found.iter().filter_map(|found| found.identity.as_ref().err()).map(ToString::to_string).collect();
        HostingError::NotFound { name: name.to_owned(), directories: self.directories.clone(), refused, hint }
    }
}

impl Found {
    /// `libwindlass_plugin_cloudwatch_logs.so` is named like `cloudwatch-logs`.
    fn is_named_like(&self, name: &str) -> bool {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy().replace('_', "-");
        stem == name || stem.ends_with(&format!("-{name}"))
    }
}

fn libraries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "so")).collect()
}

fn look(path: &Path) -> Result<Identity, HostingError> {
    Identity::read(path, &safety::open(path)?)
}
