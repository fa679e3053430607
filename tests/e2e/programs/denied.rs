//! What a program sees of what it may not have.

use super::Workshop;
use serde_json::{Value, json};
use std::fs;
use std::net::TcpListener;

#[track_caller]
fn read(workshop: &Workshop, path: &str) -> Value {
    workshop.saw(&json!({"kind": "read", "path": path}))["result"].clone()
}

#[test]
fn the_runners_files_and_other_processes_are_out_of_reach() {
    let workshop = Workshop::new();
    workshop.installation.set_key("keys/project/web/token", "hunter2");
    workshop.set_step("greet/hello", &json!({"names": ["Ada"]}), "60s");
    workshop.run().ok();
    let in_folder = |name: &str| workshop.installation.folder().join(name).to_str().unwrap().to_owned();
    let other = format!("/proc/{}/environ", std::process::id());
    let places = [in_folder("data/windlass.db"), in_folder("master.key"), in_folder("plugins/unruly.py"), other];
    for path in places.iter().map(String::as_str).chain(["/etc/shadow", "/proc/1/environ"]) {
        assert!(fs::exists(path).unwrap(), "there is no {path}");
        assert_eq!(read(&workshop, path), "EACCES", "{path}");
    }
    for path in ["/etc/passwd", "/proc/self/status", "/proc/meminfo", "/dev/urandom", "/usr/bin/env"] {
        assert_eq!(read(&workshop, path), "allowed", "{path}");
    }
}

#[test]
fn there_are_no_sockets() {
    let workshop = Workshop::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    assert_eq!(workshop.saw(&json!({"kind": "connect", "port": port}))["result"], "EPERM");
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn the_environment_is_bare() {
    let workshop = Workshop::new();
    let seen = workshop.saw(&json!({"kind": "environment"}));
    assert_eq!(seen["names"], json!(["HOME", "LANG", "PATH", "TMPDIR"]));
    assert_eq!(seen["home"], seen["folder"], "it works in its own folder");
}

#[test]
fn its_supervisor_is_out_of_reach() {
    let workshop = Workshop::new();
    let seen = workshop.saw(&json!({"kind": "stop_parent"}));
    assert_eq!(seen, json!({"stopped": "EPERM", "killed": "EPERM", "memory": "EACCES", "descriptors": "EACCES"}));
}

#[test]
fn it_writes_into_its_own_folder_only_and_that_goes() {
    let workshop = Workshop::new();
    let seen = workshop.saw(&json!({"kind": "scratch"}));
    assert_eq!((&seen["beside"], &seen["tmp"]), (&json!("EACCES"), &json!("EACCES")));
    assert!(!fs::exists(seen["folder"].as_str().unwrap()).unwrap());
}

#[test]
fn it_is_limited_and_nobody() {
    let workshop = Workshop::new();
    let seen = workshop.saw(&json!({"kind": "limits"}));
    let limits = &seen["limits"];
    assert_eq!((&limits["RLIMIT_CORE"], &limits["RLIMIT_DATA"]), (&json!([0, 0]), &json!([256 << 20, 256 << 20])));
    assert_eq!(limits["RLIMIT_NOFILE"][1], 1024);
    assert_eq!(seen["session"], true, "a session of its own has no terminal");
    if rustix::process::geteuid().is_root() {
        assert_eq!((&seen["uid"], &seen["groups"]), (&json!(65534), &json!([])));
    }
}
