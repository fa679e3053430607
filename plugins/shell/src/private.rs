use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The part of the scratch folder that is the plugin's. Its name begins with a dot, so that a command which looks around
/// in its working folder sees only what is its own.
pub(crate) struct Private(PathBuf);

impl Private {
    /// Makes it.
    ///
    /// # Errors
    /// When the scratch folder cannot be written.
    pub(crate) fn make(scratch: &Path) -> io::Result<Self> {
        let folder = scratch.join(".windlass");
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }

    /// Writes a file that was not there before, which only its owner can use.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, name: &str, mode: u32, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        OpenOptions::new().write(true).create_new(true).mode(mode & 0o700).open(&path)?.write_all(bytes)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_the_owner_can_use_what_is_written() {
        let scratch = tempfile::TempDir::new().unwrap();
        let private = Private::make(scratch.path()).unwrap();
        let secret = private.write("secret", 0o666, b"hunter2").unwrap();
        let script = private.write("script", 0o700, b"").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&secret), mode(&script), mode(secret.parent().unwrap())], [0o600, 0o700, 0o700]);
        assert_eq!(std::fs::read(&secret).unwrap(), b"hunter2");
        assert!(private.write("secret", 0o600, b"").is_err());
    }
}
