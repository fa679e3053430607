//! Python programs in their own virtual environments under `target/standins/`, installed once from the requirement
//! files beside the tests.
//!
//! A folder is named after the hash of its requirements. It counts as complete only when its stamp, written last, fits:
//! an interrupted installation, a moved checkout or another Python makes it anew. (Renaming a finished folder into
//! place would break the programs in it, whose first lines name their interpreter by absolute path.)

use crate::{Context, Outcome, Problem, interrupt, paths};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const STAMP: &str = "complete";

/// A complete virtual environment.
#[derive(Clone, Debug)]
pub struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// The environment of `tests/standins/NAME.txt`, installed first when it is not there yet.
    ///
    /// # Errors
    /// When Python or its `venv` module is missing, or the registry did not answer; with the command that mends it.
    pub fn of(name: &str) -> Outcome<Self> {
        let requirements = paths::standins().join(format!("{name}.txt"));
        let text = fs::read(&requirements).context(|| format!("read {}", requirements.display()))?;
        let parent = paths::target().join("standins");
        fs::create_dir_all(&parent).context(|| format!("make {}", parent.display()))?;
        let lock_path = parent.join(format!("{name}.lock"));
        let lock = File::create(&lock_path).context(|| format!("make {}", lock_path.display()))?;
        lock.lock().context(|| format!("lock {}", lock_path.display()))?;
        let venv = Self { folder: parent.join(format!("{name}-{:016x}", fnv1a(&text))) };
        if !venv.is_complete() {
            venv.install(name, &requirements)?;
        }
        Ok(venv)
    }

    /// Its interpreter.
    #[must_use]
    pub fn python(&self) -> PathBuf {
        self.tool("python")
    }

    /// A program that one of its packages installed.
    #[must_use]
    pub fn tool(&self, name: &str) -> PathBuf {
        self.bin().join(name)
    }

    /// The folder of its programs, to put into a `PATH`.
    #[must_use]
    pub fn bin(&self) -> PathBuf {
        self.folder.join("bin")
    }

    fn is_complete(&self) -> bool {
        fs::read_to_string(self.folder.join(STAMP)).is_ok_and(|stamp| stamp == self.stamp())
    }

    /// What must not change under a finished environment: its own place and the interpreter that it points to.
    fn stamp(&self) -> String {
        let interpreter = fs::canonicalize(self.python()).unwrap_or_default();
        format!("{}\n{}\n", self.folder.display(), interpreter.display())
    }

    fn install(&self, name: &str, requirements: &Path) -> Outcome<()> {
        let shown = paths::shown(requirements);
        eprintln!("installing the Python packages of {shown} into {} (once)", paths::shown(&self.folder));
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).context(|| format!("remove {}", self.folder.display()))?;
        }
        let make = Command::new("python3").args(["-m", "venv"]).arg(&self.folder).stdin(Stdio::null()).output();
        let made = make.map_err(|error| {
            Problem::new(format!("`python3` did not start: {error}")).remedy("apt-get install python3 python3-venv")
        })?;
        if !made.status.success() {
            let said = [made.stdout, made.stderr].concat();
            return Err(Problem::new(format!("`python3 -m venv` failed for `{name}`"))
                .output(&said)
                .remedy("apt-get install python3-venv"));
        }
        self.pip(name, requirements)?;
        let stamp = self.folder.join(STAMP);
        fs::write(&stamp, self.stamp()).context(|| format!("write {}", stamp.display()))
    }

    fn pip(&self, name: &str, requirements: &Path) -> Outcome<()> {
        let mut pip = Command::new(self.python());
        pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"])
            .args(["--only-binary=:all:", "--requirement"])
            .arg(requirements)
            .stdin(Stdio::null());
        let installed = pip.output().context(|| "start pip".to_owned())?;
        interrupt::check()?;
        if installed.status.success() {
            return Ok(());
        }
        let said = [installed.stdout, installed.stderr].concat();
        Err(Problem::new(format!("pip could not install the packages of `{name}`")).output(&said).remedy(format!(
            "{} -m pip install --requirement {}   (the registry must be reachable)",
            self.python().display(),
            paths::shown(requirements)
        )))
    }
}

/// The 64-bit FNV-1a hash: the same on every machine and with every compiler, which std's hasher does not promise.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn an_environment_without_its_stamp_is_not_complete() {
        let folder = tempfile::tempdir().unwrap();
        let venv = Venv { folder: folder.path().to_path_buf() };
        assert!(!venv.is_complete());
        fs::write(folder.path().join(STAMP), "another place\n").unwrap();
        assert!(!venv.is_complete());
        fs::write(folder.path().join(STAMP), venv.stamp()).unwrap();
        assert!(venv.is_complete());
    }
}
