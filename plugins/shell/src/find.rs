//! Finding a program as execvp(3) does, to know before the start what is wrong and what was meant.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// Why there is no program of this name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Nowhere; with the nearest name that there is.
    NotFound(Option<String>),
    /// There is such a file, but it may not be executed.
    NotExecutable(PathBuf),
}

/// The program's absolute path. A name with a `/` is a path, seen from `folder`; any other is looked up in `path`, of
/// which empty and relative entries are left out: what lies in a working folder must not stand in for a program.
pub(crate) fn program(name: &str, path: Option<&OsStr>, folder: &Path) -> Result<PathBuf, Missing> {
    if name.contains('/') {
        let file = folder.join(name);
        return if !file.is_file() {
            Err(Missing::NotFound(nearest(name.rsplit('/').next().unwrap_or(name), file.parent())))
        } else if is_executable(&file) {
            Ok(file)
        } else {
            Err(Missing::NotExecutable(file))
        };
    }
    let places = || std::env::split_paths(path.unwrap_or_default()).filter(|place| place.is_absolute());
    let files: Vec<PathBuf> = places().map(|place| place.join(name)).filter(|file| file.is_file()).collect();
    match (files.iter().find(|file| is_executable(file)), files.first()) {
        (Some(file), _) => Ok(file.clone()),
        (None, Some(file)) => Err(Missing::NotExecutable(file.clone())),
        (None, None) => Err(Missing::NotFound(nearest(name, places()))),
    }
}

fn is_executable(file: &Path) -> bool {
    access(file, Access::EXEC_OK).is_ok()
}

/// The executable in these folders whose name is a likely slip of the finger away.
fn nearest(name: &str, folders: impl IntoIterator<Item = impl AsRef<Path>>) -> Option<String> {
    let entries = folders.into_iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let distance = |entry: &std::fs::DirEntry| {
        let other = entry.file_name().into_string().ok()?;
        let distance = strsim::damerau_levenshtein(name, &other);
        (distance <= 1 + other.chars().count() / 4).then_some((distance, other, entry.path()))
    };
    let mut near: Vec<_> = entries.filter_map(|entry| distance(&entry)).collect();
    near.sort_unstable();
    near.into_iter().find(|(_, _, file)| file.is_file() && is_executable(file)).map(|(_, other, _)| other)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;

    use super::*;

    fn folder(files: &[(&str, u32)]) -> TempDir {
        let folder = TempDir::new().unwrap();
        for (name, mode) in files {
            fs::write(folder.path().join(name), "").unwrap();
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(*mode)).unwrap();
        }
        folder
    }

    #[test]
    fn the_first_that_may_be_executed_is_taken() {
        let (one, two) = (folder(&[("tool", 0o644)]), folder(&[("tool", 0o755), ("other", 0o644)]));
        let path = std::env::join_paths([one.path(), two.path()]).unwrap();
        let found = |name: &str| program(name, Some(&path), Path::new("/"));
        assert_eq!(found("tool"), Ok(two.path().join("tool")));
        assert_eq!(found("other"), Err(Missing::NotExecutable(two.path().join("other"))));
        assert_eq!(found("tol"), Err(Missing::NotFound(Some("tool".to_owned()))));
        assert_eq!(found("stranger"), Err(Missing::NotFound(None)));
    }

    #[test]
    fn a_name_with_a_slash_is_seen_from_the_working_folder() {
        let folder = folder(&[("tool", 0o755), ("text", 0o600)]);
        let found = |name: &str| program(name, None, folder.path());
        assert_eq!(found("./tool"), Ok(folder.path().join("./tool")));
        assert_eq!(found(folder.path().join("tool").to_str().unwrap()), Ok(folder.path().join("tool")));
        assert_eq!(found("./text"), Err(Missing::NotExecutable(folder.path().join("./text"))));
        assert_eq!(found("./tolo"), Err(Missing::NotFound(Some("tool".to_owned()))));
    }

    #[test]
    fn the_working_folder_is_not_searched() {
        let folder = folder(&[("tool", 0o755)]);
        for path in ["", ":", ".:", "sub:"] {
            assert_eq!(program("tool", Some(path.as_ref()), folder.path()), Err(Missing::NotFound(None)), "{path}");
        }
    }
}
