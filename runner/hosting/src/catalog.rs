use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use windlass_errors::nearest_hint;

use crate::identity::ElfKind;
use crate::library::read_manifest;
use crate::manifest::SUFFIX;
use crate::{HostingError, Identity, Library, PluginLock, safety};

/// What the names of programs with a note begin with.
const PROGRAM_PREFIX: &str = "windlass-plugin-";
/// The program that hosts are started from may lie in a plugin folder, and is no plugin.
const HOST: &str = "windlass-plugin-host";

/// What a file in a plugin folder is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Library,
    Program,
    Manifest,
}

/// The plugin folders. Nothing is kept: a file dropped in, replaced or removed counts from the next look on.
#[derive(Clone, Debug)]
pub struct Catalog {
    directories: Vec<PathBuf>,
    lock: PathBuf,
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
    /// A catalog of these folders, where those that do not exist are passed over, and of a [lock file](PluginLock),
    /// which need not exist either.
    pub fn new(directories: Vec<PathBuf>, lock: PathBuf) -> Self {
        Self { directories, lock }
    }

    /// The folders and the lock file: as long as nothing in them changes, the plugins are the same.
    pub fn places(&self) -> Vec<PathBuf> {
        self.directories.iter().chain([&self.lock]).cloned().collect()
    }

    /// Every `.so`, every `NAME.plugin.yaml` and every program called `windlass-plugin-...` that has a note, by path.
    /// Blocking: it reads headers and manifests, no more.
    pub fn find(&self) -> Vec<Found> {
        let mut paths: Vec<(PathBuf, Kind)> = self.directories.iter().flat_map(|folder| plugins(folder)).collect();
        paths.sort_by(|one, other| one.0.cmp(&other.0));
        paths.dedup();
        let found = paths.into_iter().map(|(path, kind)| (kind, Found { identity: look(&path, kind), path }));
        // A program's name says less than an extension: other tools may call theirs so.
        let stranger = |kind, found: &Found| {
            kind == Kind::Program && matches!(found.identity, Err(HostingError::NotAPlugin { .. }))
        };
        found.filter(|(kind, found)| !stranger(*kind, found)).map(|(_, found)| found).collect()
    }

    /// The plugin `name`, if the lock file accepts it. Blocking.
    ///
    /// # Errors
    /// When there is none, there are two, or it is refused.
    pub fn load(&self, name: &str) -> Result<Library, HostingError> {
        let lock = self.lock()?;
        let library = self.load_unlocked(name)?;
        lock.map_or(Ok(()), |lock| lock.check(&library))?;
        Ok(library)
    }

    /// The lock file; nothing when there is none. Blocking.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn lock(&self) -> Result<Option<PluginLock>, HostingError> {
        PluginLock::read(&self.lock)
    }

    /// Like [`Self::load`] whatever the lock file says, so that it can be told to accept the plugin.
    ///
    /// # Errors
    /// When there is none, there are two, or it is refused.
    pub fn load_unlocked(&self, name: &str) -> Result<Library, HostingError> {
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
    /// `libwindlass_plugin_cloudwatch_logs.so` and `cloudwatch-logs.plugin.yaml` are named like `cloudwatch-logs`.
    fn is_named_like(&self, name: &str) -> bool {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy().replace('_', "-");
        let stem = file.strip_suffix(SUFFIX).or(file.strip_suffix(".so")).unwrap_or(&file);
        stem == name || stem.ends_with(&format!("-{name}"))
    }
}

impl Kind {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        if name.ends_with(SUFFIX) {
            Some(Self::Manifest)
        } else if path.extension().is_some_and(|extension| extension == "so") {
            Some(Self::Library)
        } else {
            (name.starts_with(PROGRAM_PREFIX) && !name.contains('.') && name != HOST).then_some(Self::Program)
        }
    }
}

fn plugins(folder: &Path) -> Vec<(PathBuf, Kind)> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let kinds = paths.filter_map(|path| Some((Kind::of(&path)?, path)));
    kinds
        .filter(|(kind, path)| *kind != Kind::Program || is_executable(path))
        .map(|(kind, path)| (path, kind))
        .collect()
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

fn look(path: &Path, kind: Kind) -> Result<Identity, HostingError> {
    match kind {
        Kind::Library => Identity::read(path, &safety::open(path)?, ElfKind::Library),
        Kind::Program => Identity::read(path, &safety::open(path)?, ElfKind::Program),
        Kind::Manifest => Ok(read_manifest(path)?.0.identity()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_file_is() {
        let kind = |name: &str| Kind::of(&Path::new("/plugins").join(name));
        assert_eq!(kind("libx.so"), Some(Kind::Library));
        assert_eq!(kind("x.plugin.yaml"), Some(Kind::Manifest));
        assert_eq!(kind("windlass-plugin-shell"), Some(Kind::Program));
        for other in
            ["windlass-plugin-host", "windlass-plugin-shell.d", "windlass", "plugin.yaml", "x.yaml", "libx.so.1"]
        {
            assert_eq!(kind(other), None, "{other}");
        }
    }
}
