//! Who may write a plugin could run code with the runner's credentials, so only safe files are used.

use super::{Shelf, copy_program, misbehave};
use crate::installation::{Ended, assert_names};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Every use of the plugin is refused because of this place.
#[track_caller]
fn assert_unsafe(shelf: &Shelf, file: &Path, place: &Path, why: &str) {
    let because = format!("`{}` {why}", place.display());
    let listed = shelf.listed(file)["refused"].as_str().unwrap_or_default().to_owned();
    assert_names(&listed, &["plugin.unsafe-file", file.to_str().unwrap(), &because]);
    for ended in [shelf.run_job(), shelf.run(&["plugin", "show", "misbehave"])] {
        let remedy = format!("`chmod go-w {}`", place.display());
        let error = ended.failed(7, "plugin.unsafe-file");
        assert_names(error, &[&format!("`{}`", file.display()), &because, "your credentials", &remedy]);
    }
}

#[test]
fn a_file_or_folder_that_everybody_may_write_is_refused() {
    let (shelf, file) = Shelf::with(&misbehave());
    set_mode(&file, 0o646);
    assert_unsafe(&shelf, &file, &file, "may be written by everybody");
    set_mode(&file, 0o644);
    for mode in [0o757, 0o1777] {
        set_mode(&shelf.folder, mode);
        assert_unsafe(&shelf, &file, &shelf.folder, "may be written by everybody");
    }
    set_mode(&shelf.folder, 0o755);
    let above = shelf.installation.folder().to_owned();
    set_mode(&above, 0o707);
    assert_unsafe(&shelf, &file, &above, "may be written by everybody");
    set_mode(&above, 0o700);
    shelf.run_job().ok();
}

#[test]
fn a_link_into_an_unsafe_folder_is_refused() {
    let (real, target) = Shelf::with(&misbehave());
    set_mode(&real.folder, 0o777);
    let shelf = Shelf::empty();
    let link = shelf.folder.join("libwindlass_plugin_misbehave.so");
    symlink(target, &link).unwrap();
    assert_unsafe(&shelf, &link, &real.folder, "may be written by everybody");
}

/// Only root can give files away.
#[test]
fn what_belongs_to_another_user_or_group_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    const STRANGER: u32 = 12_345;
    let (shelf, file) = Shelf::with(&misbehave());
    chown(&file, Some(STRANGER), None).unwrap();
    assert_unsafe(&shelf, &file, &file, "belongs to another user (uid 12345)");
    chown(&file, Some(0), Some(STRANGER)).unwrap();
    shelf.run_job().ok();
    set_mode(&file, 0o664);
    assert_unsafe(&shelf, &file, &file, "may be written by its group (gid 12345)");
    set_mode(&file, 0o644);
    chown(&shelf.folder, Some(STRANGER), None).unwrap();
    assert_unsafe(&shelf, &file, &shelf.folder, "belongs to another user (uid 12345)");
}

/// The usual umask 002 of a user with a private group makes everything writable by that group, a checkout's build
/// folder too. A group that others share is another matter.
#[test]
fn a_group_of_ones_own_may_write() {
    let (user, group) = user_with_private_group();
    let (shelf, file) = Shelf::with(&misbehave());
    // The checkout may lie where that user cannot go.
    for binary in ["windlass", "windlass-plugin-host"] {
        copy_program(binary, &shelf.installation.folder().join(binary));
    }
    for path in fs::read_dir(shelf.installation.folder()).unwrap().map(|entry| entry.unwrap().path()) {
        chown(&path, Some(user), Some(group)).unwrap();
    }
    chown(&file, Some(user), Some(group)).unwrap();
    chown(shelf.installation.folder(), Some(user), Some(group)).unwrap();
    set_mode(&shelf.folder, 0o775);
    set_mode(&file, 0o775);
    run_as(&shelf, user, group).ok();

    set_mode(&file, 0o777);
    run_as(&shelf, user, group).failed(7, "plugin.unsafe-file");
    if rustix::process::geteuid().is_root() {
        // Group 0 is root's own; a user's file in it is shared with whoever else has that group (some containers do).
        for shared in [group + 12_345, 0] {
            chown(&file, None, Some(shared)).unwrap();
            set_mode(&file, 0o775);
            run_as(&shelf, user, group).failed(7, "plugin.unsafe-file");
        }
    }
}

/// Runs the job as that user, with the usual umask.
fn run_as(shelf: &Shelf, user: u32, group: u32) -> Ended {
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]);
        command.args(["sh", "-c", "umask 002; exec \"$@\"", "sh"]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", "umask 002; exec \"$@\"", "sh"]);
        command
    };
    command.arg(shelf.installation.folder().join("windlass"));
    let job = shelf.installation.folder().join("job.yaml");
    let arguments = ["run", job.to_str().unwrap(), "--project", "web", "--plugin-dir", shelf.folder.to_str().unwrap()];
    Ended::from(shelf.installation.arguments_for(command, &arguments).output().unwrap())
}

/// This user, or for root some user of the system, whose group is named alike and has no further members.
fn user_with_private_group() -> (u32, u32) {
    let me = rustix::process::geteuid().as_raw();
    let groups = fs::read_to_string("/etc/group").unwrap();
    let is_private = |name: &str, group: &str| {
        groups.lines().any(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            matches!(fields[..], [group_name, _, id, members] if group_name == name && id == group && members.is_empty())
        })
    };
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let found = users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let (user, group) = (fields[2].parse::<u32>().ok()?, fields[3].parse::<u32>().ok()?);
        let wanted = if me == 0 { user != 0 } else { user == me };
        (wanted && is_private(fields[0], fields[3])).then_some((user, group))
    });
    found.expect("Debian, Fedora and most others have users with a private group; this one has none")
}
