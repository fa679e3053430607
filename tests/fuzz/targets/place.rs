//! Where files of the targets lie: a folder that only this user may write, and no longer there after the test.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder with a file that each input is written to.
pub(crate) struct Place {
    folder: TempDir,
    name: &'static str,
}

impl Place {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), name }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    pub(crate) fn write(&self, content: &[u8]) -> PathBuf {
        let path = self.path();
        fs::write(&path, content).unwrap();
        path
    }
}
