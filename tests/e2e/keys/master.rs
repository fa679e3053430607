//! The master key: made once, kept from others, and never made anew for a database that knows one.

use super::{feed, installation, secret, set};
use crate::installation::{Installation, assert_names};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;
use windlass_tests::binaries;

fn mode(path: PathBuf) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn master(installation: &Installation) -> PathBuf {
    installation.folder().join("master.key")
}

/// Neither setting nor using a secret is possible; both say why.
#[track_caller]
fn assert_refused(installation: &Installation, code: &str, said: &[&str]) {
    let file = master(installation);
    for ended in [set(installation, &["keys/new"], "x"), installation.run_job(&[])] {
        let error = ended.failed(6, code);
        assert_names(error, &[&format!("`{}`", file.display())]);
        assert_names(error, said);
    }
}

#[test]
fn files_are_for_their_owner_only() {
    let installation = installation();
    let windlass = binaries::windlass().unwrap();
    // A careless umask changes nothing.
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec \"$@\"", "sh"]).arg(windlass);
    feed(installation.arguments_for(command, &["key", "set", "keys/ops"]), "secret").ok();
    let data = installation.folder().join("data");
    assert_eq!((mode(data.clone()), mode(master(&installation))), (0o700, 0o600));
    for file in fs::read_dir(data).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(file.clone()), 0o600, "{}", file.display());
    }
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let installation = installation();
    set(&installation, &["keys/ops"], "secret").ok();
    let file = master(&installation);
    for mode in [0o640, 0o604, 0o620] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        assert_refused(&installation, "key.master-unsafe", &[&format!("`chmod 600 {}`", file.display())]);
    }
    fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
    assert_eq!(secret(&installation), "secret");
}

#[test]
fn another_key_is_refused() {
    let installation = installation();
    set(&installation, &["keys/ops"], "secret").ok();
    let other = super::installation();
    set(&other, &["keys/ops"], "secret").ok();
    let kept = fs::read(master(&installation)).unwrap();
    fs::copy(master(&other), master(&installation)).unwrap();
    let id = installation.database("SELECT id FROM master_key");
    let other_id = other.database("SELECT id FROM master_key");
    let [id, other_id] = [&id, &other_id].map(|rows| rows[0][0].as_str().unwrap());
    assert_refused(&installation, "key.master-mismatch", &[id, other_id, "`masterKeyFile`"]);
    fs::write(master(&installation), kept).unwrap();
    assert_eq!(secret(&installation), "secret");
}

#[test]
fn a_lost_key_is_not_made_anew() {
    let installation = installation();
    set(&installation, &["keys/ops"], "secret").ok();
    let kept = installation.folder().join("kept");
    fs::rename(master(&installation), &kept).unwrap();
    assert_refused(&installation, "key.master-missing", &["restore", "backup"]);
    // Deleting the last secret makes no new key right either: an older backup of the database may come back.
    installation.run(&["key", "delete", "keys/ops", "--yes"]).ok();
    set(&installation, &["keys/ops"], "x").failed(6, "key.master-missing");
    assert!(!master(&installation).exists());
    fs::rename(kept, master(&installation)).unwrap();
    set(&installation, &["keys/ops"], "again").ok();
    assert_eq!(secret(&installation), "again");
}

#[test]
fn a_file_that_holds_no_key_is_refused() {
    let installation = installation();
    set(&installation, &["keys/ops"], "secret").ok();
    let half = fs::read_to_string(master(&installation)).unwrap()[..40].to_owned();
    for content in ["", "hunter2\n", &half] {
        fs::write(master(&installation), content).unwrap();
        assert_refused(&installation, "key.master-unreadable", &["does not hold a master key", "backup"]);
        assert!(content.is_empty() || !set(&installation, &["keys/new"], "x").stderr.contains(content.trim()));
    }
    fs::remove_file(master(&installation)).unwrap();
    fs::create_dir(master(&installation)).unwrap();
    assert_refused(&installation, "key.master-unsafe", &["not a regular file"]);
}

/// It would get into every backup of the data, and with it all secrets.
#[test]
fn a_key_in_the_data_folder_is_refused() {
    let installation = installation();
    let inside = installation.folder().join("data/master.key");
    let mut command = installation.command(&["key", "set", "keys/ops"]);
    command.env("WINDLASS_MASTER_KEY_FILE", &inside);
    let ended = feed(command, "secret");
    assert_names(ended.failed(3, "config.invalid"), &["environment WINDLASS_MASTER_KEY_FILE", "data folder"]);
    assert!(!inside.exists());

    set(&installation, &["keys/ops"], "secret").ok();
    fs::rename(master(&installation), &inside).unwrap();
    symlink(&inside, master(&installation)).unwrap();
    assert_refused(&installation, "key.master-unsafe", &["data directory", "`masterKeyFile`"]);
}
