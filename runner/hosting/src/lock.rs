//! The lock file: which bytes plugins have to have. While there is none, any are accepted.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use windlass_settings::yaml;

use crate::{HostingError, Library, safety};

const KIND: &str = "PluginLock";

/// A lock file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginLock {
    path: PathBuf,
    plugins: Vec<LockedPlugin>,
}

/// What a lock file says of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedPlugin {
    /// The plugin's name.
    pub name: String,
    /// Its version; for people, the hash decides.
    pub version: String,
    /// [`Library::sha256`].
    pub sha256: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LockFile {
    #[serde(rename = "apiVersion")]
    _api_version: String,
    #[serde(rename = "kind")]
    _kind: String,
    plugins: Vec<LockedPlugin>,
}

impl PluginLock {
    /// Reads the file; nothing when there is none. Blocking.
    ///
    /// # Errors
    /// `plugin.unsafe-file` when others may write it, `plugin.lock-unusable` when it cannot be read or is malformed.
    pub fn read(path: &Path) -> Result<Option<Self>, HostingError> {
        let unusable = |why: String| HostingError::LockUnusable { path: path.to_owned(), why };
        match safety::open(path) {
            Ok(_) => {}
            Err(HostingError::Unreadable { source, .. })
                if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(HostingError::Unreadable { source, .. }) => return Err(unusable(source.to_string())),
            Err(error) => return Err(error),
        }
        let text = yaml::read(path).map_err(|source| unusable(source.to_string()))?;
        let file: LockFile = yaml::document(path, &text, KIND).map_err(|error| unusable(error.to_string()))?;
        Ok(Some(Self { path: path.to_owned(), plugins: file.plugins }))
    }

    /// Refuses a plugin that is not in the file, or has other bytes there.
    ///
    /// # Errors
    /// `plugin.not-locked`
    pub fn check(&self, library: &Library) -> Result<(), HostingError> {
        let locked = self.of(&library.identity.name);
        if locked.is_some_and(|locked| locked.sha256 == library.sha256) {
            return Ok(());
        }
        Err(HostingError::NotLocked {
            name: library.identity.name.clone(),
            path: library.path.clone(),
            lock: self.path.clone(),
            found: library.sha256.clone(),
            locked: locked.map(|locked| locked.sha256.clone()),
        })
    }

    /// What the file says of a plugin.
    pub fn of(&self, name: &str) -> Option<&LockedPlugin> {
        self.plugins.iter().find(|plugin| plugin.name == name)
    }

    /// Accepts a plugin as it is now.
    pub fn accept(&mut self, library: &Library) {
        let locked = LockedPlugin {
            name: library.identity.name.clone(),
            version: library.identity.version.clone(),
            sha256: library.sha256.clone(),
        };
        self.plugins.retain(|plugin| plugin.name != locked.name);
        self.plugins.push(locked);
        self.plugins.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Forgets plugins that are not in the list.
    pub fn keep_only(&mut self, names: &[&str]) {
        self.plugins.retain(|plugin| names.contains(&plugin.name.as_str()));
    }

    /// A lock file with nothing in it yet.
    pub fn empty(path: &Path) -> Self {
        Self { path: path.to_owned(), plugins: Vec::new() }
    }

    /// Writes the file whole, beside the old one first, so that a reader finds one of the two. Blocking.
    ///
    /// # Errors
    /// `plugin.lock-unusable`
    pub fn write(&self) -> Result<(), HostingError> {
        let unusable =
            |error: std::io::Error| HostingError::LockUnusable { path: self.path.clone(), why: error.to_string() };
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(unusable)?;
        }
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        let beside = PathBuf::from(name);
        let mut file = std::fs::File::create(&beside).map_err(unusable)?;
        file.write_all(self.text().as_bytes()).map_err(unusable)?;
        file.sync_all().map_err(unusable)?;
        std::fs::rename(&beside, &self.path).map_err(unusable)
    }

    /// JSON strings are YAML strings too.
    fn text(&self) -> String {
        let mut text = format!(
            "# The bytes that plugins have to have. `windlass plugin update` writes this file; keep it under version control.\n\
             apiVersion: windlass/v1\nkind: {KIND}\nplugins:{}\n",
            if self.plugins.is_empty() { " []" } else { "" }
        );
        for plugin in &self.plugins {
            let [name, version, sha256] =
                [&plugin.name, &plugin.version, &plugin.sha256].map(|text| serde_json::Value::from(text.as_str()));
            text += &format!("  - {{name: {name}, version: {version}, sha256: {sha256}}}\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(name: &str) -> LockedPlugin {
        LockedPlugin { name: name.to_owned(), version: "1.0 \"x\"".to_owned(), sha256: "ab".repeat(32) }
    }

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/plugins.lock");
        assert_eq!(PluginLock::read(&path).unwrap(), None);
        for plugins in [vec![], vec![locked("-"), locked("b-c"), locked("null")]] {
            let lock = PluginLock { path: path.clone(), plugins };
            lock.write().unwrap();
            assert_eq!(PluginLock::read(&path).unwrap(), Some(lock));
        }
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_lock_that_is_none_is_no_missing_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plugins.lock");
        for text in ["", "plugins: []\n", "apiVersion: windlass/v1\nkind: PluginLock\nplugins: [{name: a}]\n"] {
            std::fs::write(&path, text).unwrap();
            let error = PluginLock::read(&path).unwrap_err();
            assert!(matches!(error, HostingError::LockUnusable { .. }), "{error}");
        }
    }
}
