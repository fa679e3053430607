use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    pub(crate) fn create(parent: &Path, _owner: Option<u32>) -> io::Result<Self> {
        Ok(Self { path: parent.to_owned() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
