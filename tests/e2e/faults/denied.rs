//! What a step may not do: it tries, and the system says no.

use super::{run, seen, step};
use crate::installation::{Ended, Installation, assert_names};
use rustix::io::Errno;
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::process::Command;
use windlass_tests::binaries;

#[track_caller]
fn assert_denied(seen: &Value, errno: Errno) {
    assert_eq!((&seen["ok"], &seen["errno"]), (&json!(false), &json!(errno.raw_os_error())), "{seen}");
}

/// The rest of this file relies on what the kernel can do: Landlock with network and signals is in Linux 6.12.
#[test]
fn hosts_are_restricted_in_full_here() {
    let installation = Installation::new("");
    let shown = installation.run(&["plugin", "show", "misbehave", "--output", "json"]);
    let restrictions = serde_json::from_str::<Value>(shown.ok()).unwrap()["restrictions"].clone();
    for name in ["landlock", "limits", "seccomp"] {
        assert_eq!(restrictions[name], "full", "{restrictions}");
    }
    let user = if rustix::process::geteuid().is_root() { "nobody" } else { "own" };
    assert_eq!(restrictions["user"], user);
}

#[test]
fn no_process_can_be_started() {
    assert_denied(&seen("kind: fork-child"), Errno::PERM);
}

#[test]
fn neither_the_runner_nor_its_memory_can_be_reached() {
    assert_denied(&seen("kind: trace-parent"), Errno::PERM);
    assert_denied(&seen("kind: signal-parent"), Errno::PERM);
    let own = std::process::id();
    for file in ["environ", "mem", "maps", "cmdline"] {
        assert_denied(&seen(&format!("kind: read-file, path: /proc/{own}/{file}")), Errno::ACCESS);
    }
}

#[test]
fn files_of_the_system_and_of_its_users_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let public = folder.path().join("public.txt");
    fs::write(&public, "for everybody\n").unwrap();
    for path in ["/etc/passwd", "/etc/hosts", "/root", "/home", "/proc/1/environ", public.to_str().unwrap()] {
        assert_denied(&seen(&format!("kind: read-file, path: '{path}'")), Errno::ACCESS);
    }
    let allowed = seen("kind: read-file, path: /etc/ssl/certs");
    assert_ne!(allowed["errno"], Errno::ACCESS.raw_os_error(), "certificates are checked with it: {allowed}");
}

#[test]
fn nothing_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    let path = folder.path().join("written");
    for place in [path.to_str().unwrap(), "/tmp/windlass-written", "/dev/shm/windlass-written"] {
        assert_denied(&seen(&format!("kind: write-file, path: '{place}'")), Errno::ACCESS);
        assert!(!fs::exists(place).unwrap());
    }
}

/// The database and the master key: with both, every secret opens. They are readable here, to show that it is not their
/// mode alone that keeps the step out; of the master key, which no run takes in that mode, a copy beside it is.
#[test]
fn the_database_and_the_master_key_cannot_be_read() {
    let installation = super::installation("kind: none");
    installation.set_key("keys/a", "secret");
    fs::copy(installation.folder().join("master.key"), installation.folder().join("copy.key")).unwrap();
    let places = ["data/windlass.db", "data", "master.key", "copy.key", "windlass.yaml", "job.yaml"];
    for place in places.iter().filter(|place| **place != "master.key").chain(&["."]) {
        fs::set_permissions(installation.folder().join(place), Permissions::from_mode(0o755)).unwrap();
    }
    for path in places.map(|place| installation.folder().join(place)) {
        super::set_fault(&installation, &format!("kind: read-file, path: '{}'", path.display()));
        let ended = run(&installation);
        ended.ok();
        assert_denied(&step(&ended)["outputs"], Errno::ACCESS);
    }
}

/// Daemons of this machine listen there: Docker, D-Bus, the system's log.
#[test]
fn no_unix_socket_can_be_connected_to() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().join("socket");
    let _listener = UnixListener::bind(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    assert_denied(&seen(&format!("kind: connect, address: '{}'", path.display())), Errno::PERM);
}

#[test]
fn nothing_of_the_runner_is_inherited() {
    let installation = super::installation("kind: print-env");
    let mut command = Command::new("bash");
    command.args(["-c", "exec 50</etc/passwd; exec \"$@\"", "bash"]).arg(binaries::windlass().unwrap());
    let job = installation.folder().join("job.yaml");
    let arguments = ["run", job.to_str().unwrap(), "--project", "web", "--output", "json"];
    let mut command = installation.arguments_for(command, &arguments);
    let ended = Ended::from(command.env("AWS_SECRET_ACCESS_KEY", "hunter2").output().unwrap());
    ended.ok();
    let seen = &step(&ended)["outputs"];
    assert!(seen["environment"].is_null(), "{seen}");
    assert_eq!(seen["arguments"], json!(["windlass-plugin-host"]));
    let descriptors = seen["descriptors"].as_array().unwrap();
    assert!(descriptors.contains(&json!(2)) && !descriptors.contains(&json!(50)), "{descriptors:?}");
}

#[test]
fn credentials_need_an_account() {
    let ended = run(&super::installation("kind: ask-credentials-without-account"));
    assert_names(ended.failed(1, "step.no-account"), &["step `bad`", "declares no need of an account"]);
}
