//! A kernel without Landlock: the filter of system calls keeps steps from the network by itself.

use super::servers::{assert_nobody_came, greeter};
use super::{Try, assert_filtered, assert_worked, attempts, installation, set_job};
use crate::installation::{Ended, Installation};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use windlass_tests::{binaries, old_kernel};

fn run(installation: &Installation, arguments: &[&str]) -> Ended {
    let dev = Path::new(env!("CARGO_BIN_EXE_dev"));
    let command = old_kernel::without_landlock(dev, &binaries::windlass().unwrap());
    Ended::from(installation.arguments_for(command, arguments).output().unwrap())
}

#[test]
fn steps_have_no_sockets_and_the_runner_s_connections() {
    let (granted, other) = (greeter("granted"), TcpListener::bind("127.0.0.1:0").unwrap());
    let (url, address) = (format!("http://{granted}"), other.local_addr().unwrap());
    let may = [url.as_str()];
    let installation = installation(&json!({"localDestinations": [granted]}));
    let shown = run(&installation, &["plugin", "show", "escape", "--output", "json"]);
    let shown: Value = serde_json::from_str(shown.ok()).unwrap();
    assert_eq!(shown["restrictions"]["landlock"], "none", "it is hidden: {shown}");

    let tries = [
        Try::new(json!({"kind": "sockets"})),
        Try::new(json!({"kind": "reach", "address": address})),
        Try::new(json!({"kind": "repoint", "from": granted, "to": address})).granted(&may),
    ];
    set_job(&installation, &tries);
    let job = installation.folder().join("job.yaml");
    let seen = attempts(&run(&installation, &["run", job.to_str().unwrap(), "--project", "web", "--output", "json"]));
    seen[..2].iter().flat_map(|seen| seen.as_object().unwrap().values()).for_each(assert_filtered);
    let mut ways = seen[2].as_object().unwrap().clone();
    assert_worked(&ways.remove("left as it is").unwrap());
    ways.values().for_each(assert_filtered);
    assert_nobody_came(&other);
}
