use super::*;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

fn parent() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let parent = folder.path().join("data/scratch");
    (folder, parent)
}

fn entries(folder: &Path) -> usize {
    folder.read_dir().unwrap().filter(|entry| entry.as_ref().unwrap().file_name() != PARENTS_LOCK).count()
}

#[test]
fn it_is_private_and_goes_with_its_owner() {
    let (_folder, parent) = parent();
    let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
    let scratch = Scratch::create(&parent, None).unwrap();
    let other = Scratch::create(&parent, None).unwrap();
    assert_ne!(scratch.path(), other.path());
    assert_eq!((mode(&parent), mode(scratch.path())), (0o711, 0o700));
    drop(scratch);
    assert!(other.path().is_dir(), "a neighbour's stays");
    drop(other);
    assert_eq!(entries(&parent), 0);
}

#[test]
fn what_a_step_leaves_is_removed_and_links_are_not_followed() {
    let (folder, parent) = parent();
    let precious = folder.path().join("precious");
    fs::create_dir(&precious).unwrap();
    fs::write(precious.join("file"), "").unwrap();
    let scratch = Scratch::create(&parent, None).unwrap();
    let closed = scratch.path().join("a/closed");
    fs::create_dir_all(closed.join("inner/deeper")).unwrap();
    fs::write(closed.join("inner/file"), "").unwrap();
    symlink(&precious, scratch.path().join("a/link")).unwrap();
    symlink(&precious, closed.join("link")).unwrap();
    for (path, mode) in [(closed.join("inner"), 0o000), (closed, 0o500), (scratch.path().join("a"), 0o100)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    drop(scratch);
    assert_eq!((entries(&parent), entries(&precious)), (0, 1));
}

/// Deeper than a path can be, and than a stack of calls or of descriptors should be.
#[test]
fn depth_is_no_protection() {
    let (_folder, parent) = parent();
    let scratch = Scratch::create(&parent, None).unwrap();
    let script = "import os\nfor _ in range(5000):\n os.mkdir('moved-1')\n os.chdir('moved-1')\n";
    let mut python = std::process::Command::new("python3");
    assert!(python.args(["-c", script]).current_dir(scratch.path()).status().unwrap().success());
    drop(scratch);
    assert_eq!(entries(&parent), 0);
}

#[test]
fn what_a_killed_runner_left_is_swept() {
    let (_folder, parent) = parent();
    let used = Scratch::create(&parent, None).unwrap();
    let left = parent.join("0123");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("file"), "").unwrap();
    fs::write(lock_of(&left), "").unwrap();
    Scratch::sweep(&parent);
    assert!(!left.exists() && !lock_of(&left).exists() && used.path().exists());
}

/// Only root can give folders away.
#[test]
fn another_users_folder_is_where_that_user_can_get_to() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (folder, parent) = parent();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let scratch = Scratch::create(&parent, Some(65534)).unwrap();
    assert_eq!(scratch.path().parent(), Some(Path::new(COMMON)));
    assert_eq!(scratch.path().metadata().unwrap().uid(), 65534);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let scratch = Scratch::create(&parent, Some(65534)).unwrap();
    assert_eq!(scratch.path().parent(), Some(parent.as_path()));
}

#[test]
fn a_folder_that_others_may_write_is_not_used() {
    let (_folder, parent) = parent();
    drop(Scratch::create(&parent, None).unwrap());
    fs::set_permissions(&parent, fs::Permissions::from_mode(0o777)).unwrap();
    let error = Scratch::create(&parent, None).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
}
