//! The lock file: without one a plugin is used as it is found, with one only as it was accepted.

use super::{MISBEHAVE, Shelf, misbehave, replaced};
use crate::installation::{Ended, assert_names};
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

/// A shelf whose lock file is in the installation's own folder.
struct Locked {
    shelf: Shelf,
    file: PathBuf,
    lock: PathBuf,
}

impl Locked {
    fn new() -> Self {
        let (shelf, file) = Shelf::with(&misbehave());
        let lock = shelf.installation.folder().join("plugins.lock");
        Self { shelf, file, lock }
    }

    fn command(&self, arguments: &[&str]) -> Ended {
        let with = ["--plugin-dir", self.shelf.folder.to_str().unwrap()];
        let mut command = self.shelf.installation.command(&[&with, arguments].concat());
        Ended::from(command.env("WINDLASS_PLUGIN_LOCK_FILE", &self.lock).output().unwrap())
    }

    fn run_job(&self) -> Ended {
        let job = self.shelf.installation.folder().join("job.yaml");
        self.command(&["run", job.to_str().unwrap(), "--project", "web"])
    }

    fn changed() -> Vec<u8> {
        replaced(misbehave(), "Misbehaves on request, for tests.", "misbehaves on request, for tests.")
    }
}

#[test]
fn without_a_lock_a_plugin_is_used_and_its_hash_recorded() {
    let locked = Locked::new();
    locked.run_job().ok();
    fs::write(&locked.file, Locked::changed()).unwrap();
    locked.run_job().ok();
    let hashes = locked.shelf.installation.database("SELECT DISTINCT plugin_sha256 FROM step_execution");
    assert_eq!(hashes.len(), 2);
    assert!(!locked.lock.exists(), "nobody asked for one");
}

#[test]
fn a_changed_plugin_is_refused_until_it_is_accepted() {
    let locked = Locked::new();
    let first = locked.command(&["plugin", "update"]);
    assert_names(first.ok(), &["misbehave", "new"]);
    locked.run_job().ok();

    fs::write(&locked.file, Locked::changed()).unwrap();
    let refused = locked.run_job();
    let said = [
        "`misbehave`",
        locked.file.to_str().unwrap(),
        locked.lock.to_str().unwrap(),
        "`windlass plugin update misbehave`",
    ];
    assert_names(refused.failed(7, "plugin.not-locked"), &said);
    locked.command(&["plugin", "show", "misbehave"]).failed(7, "plugin.not-locked");
    let listed: Vec<Value> =
        serde_json::from_str(locked.command(&["plugin", "list", "--output", "json"]).ok()).unwrap();
    assert_names(listed[0]["refused"].as_str().unwrap(), &["plugin.not-locked"]);
    assert_eq!(locked.shelf.installation.database("SELECT count(*) FROM execution"), [[1]]);

    assert_names(locked.command(&["plugin", "update", "misbehave"]).ok(), &["misbehave", "changed"]);
    locked.run_job().ok();
    fs::write(&locked.file, misbehave()).unwrap();
    locked.run_job().failed(7, "plugin.not-locked");
}

#[test]
fn a_plugin_that_came_later_is_refused() {
    let locked = Locked::new();
    fs::remove_file(&locked.file).unwrap();
    locked.command(&["plugin", "update"]).ok();
    locked.shelf.put(MISBEHAVE, &misbehave());
    assert_names(locked.run_job().failed(7, "plugin.not-locked"), &["accepted is none of this name"]);
    locked.command(&["plugin", "update"]).ok();
    locked.run_job().ok();
}

#[test]
fn what_is_gone_is_forgotten() {
    let locked = Locked::new();
    locked.command(&["plugin", "update"]).ok();
    fs::remove_file(&locked.file).unwrap();
    locked.command(&["plugin", "update"]).ok();
    assert!(!fs::read_to_string(&locked.lock).unwrap().contains("misbehave"));
}

#[test]
fn a_lock_that_cannot_be_used_lets_nothing_through() {
    let locked = Locked::new();
    for text in ["plugins: []\n", "\0", "apiVersion: windlass/v1\nkind: PluginLock\nplugins: [{name: misbehave}]\n"] {
        fs::write(&locked.lock, text).unwrap();
        assert_names(locked.run_job().failed(7, "plugin.lock-unusable"), &[locked.lock.to_str().unwrap()]);
    }
    fs::remove_file(&locked.lock).unwrap();
    locked.command(&["plugin", "update"]).ok();
    fs::set_permissions(&locked.lock, Permissions::from_mode(0o666)).unwrap();
    assert_names(locked.run_job().failed(7, "plugin.unsafe-file"), &[locked.lock.to_str().unwrap()]);
}

#[test]
fn two_plugins_of_one_name_are_both_listed_as_refused() {
    let locked = Locked::new();
    locked.shelf.put("libcopy.so", &misbehave());
    let listed: Vec<Value> =
        serde_json::from_str(locked.command(&["plugin", "list", "--output", "json"]).ok()).unwrap();
    let codes: Vec<bool> =
        listed.iter().map(|it| it["refused"].as_str().is_some_and(|why| why.contains("plugin.duplicate"))).collect();
    assert_eq!(json!(codes), json!([true, true]));
}
