//! Where AWS keeps credentials of the machine: live servers at the true addresses, in a namespace, and every spelling of
//! them that a resolver understands.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use super::{Try, assert_refused, assert_worked, attempts, installation, set_job};
use crate::ground::{namespace, printed};
use crate::installation::{Ended, Installation};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use windlass_tests::{Guarded, Program, binaries, paths, python::Venv, wait};

/// Spellings of 169.254.169.254 (`inet_aton(3)`; RFC 4291, section 2.5.5.2), of the container's 169.254.170.2 and of EKS's
/// 169.254.170.23, with a port.
pub(super) const SPELLINGS: [&str; 12] = [
    "169.254.169.254:80",
    "2852039166:80",
    "0xA9FEA9FE:80",
    "0251.0376.0251.0376:80",
    "169.254.43518:80",
    "169.16689662:80",
    "[::ffff:169.254.169.254]:80",
    "[::ffff:a9fe:a9fe]:80",
    "[64:ff9b::169.254.169.254]:80",
    "169.254.170.2:80",
    "169.254.170.23:80",
    "[fd00:ec2::254]:80",
];

fn run_in(mut command: Command, installation: &Installation) -> Vec<Value> {
    let job = installation.folder().join("job.yaml");
    command =
        installation.arguments_for(command, &["run", job.to_str().unwrap(), "--project", "web", "--output", "json"]);
    attempts(&Ended::from(command.output().unwrap()))
}

fn windlass() -> PathBuf {
    binaries::windlass().unwrap()
}

fn connect(at: &str) -> Value {
    json!({"kind": "connect", "at": at})
}

/// Neither a job that names them nor an administrator who opens this machine's own addresses makes them reachable.
#[test]
fn it_is_out_of_reach_in_every_spelling() {
    let urls = SPELLINGS.map(|spelling| format!("http://{spelling}/"));
    let granted: Vec<&str> = urls.iter().map(String::as_str).collect();
    let opened = json!({"localDestinations": ["169.254.169.254:80", "169.254.170.2:80"]});
    let installation = installation(&opened);
    let tries: Vec<_> = SPELLINGS.iter().map(|spelling| Try::new(connect(spelling)).granted(&granted)).collect();
    set_job(&installation, &tries);
    for (seen, spelling) in run_in(namespace().command(&windlass()), &installation).iter().zip(SPELLINGS) {
        assert_refused(&seen["connect"], &["metadata services"]);
        assert!(seen["connect"]["detail"].as_str().unwrap().contains("closed to every job"), "{spelling}: {seen}");
    }
}

/// The control: the servers are there for who has sockets.
#[test]
fn without_the_filter_it_is_reached() {
    let installation = installation(&json!({}));
    let reach = |address: &str| Try::new(json!({"kind": "reach", "address": address})).direct();
    set_job(&installation, &[reach("169.254.169.254:80"), reach("169.254.170.2:80")]);
    for seen in run_in(namespace().command(&windlass()), &installation) {
        assert_worked(&seen["tcp"]);
    }
}

/// Names are looked up by the runner, and what they lead to is looked at.
#[test]
fn no_name_leads_there() {
    let server = listener("names", "127.0.0.1");
    let names = ["plain.example", "mapped.example", "v6.example", "container.example"];
    let mut tries: Vec<String> = names.iter().map(|name| format!("{name}:80")).collect();
    let fine = format!("fine.example:{}", server.port);
    tries.push(fine.clone());
    let urls: Vec<String> = tries.iter().map(|at| format!("http://{at}")).collect();
    let granted: Vec<&str> = urls.iter().map(String::as_str).collect();

    let installation = installation(&json!({"localDestinations": [fine, "plain.example:80"]}));
    let hosts = "127.0.0.1 localhost fine.example\n169.254.169.254 plain.example\n\
        ::ffff:169.254.169.254 mapped.example\nfd00:ec2::254 v6.example\n169.254.170.2 container.example\n";
    let hosts = installation.write("hosts", hosts);
    set_job(&installation, &tries.iter().map(|at| Try::new(connect(at)).granted(&granted)).collect::<Vec<_>>());

    let mut seen = run_in(with_hosts(&hosts), &installation);
    assert_worked(&seen.pop().unwrap()["connect"]);
    for seen in &seen {
        assert_refused(&seen["connect"], &["metadata services"]);
    }
}

/// `windlass` in the namespace, where this file is `/etc/hosts`.
fn with_hosts(hosts: &Path) -> Command {
    let mut command = namespace().command(Path::new("unshare"));
    command.args(["--mount", "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\""]).arg(hosts).arg(windlass());
    command
}

/// Services that listen on all addresses of a machine are reached by each of them.
#[test]
fn this_machine_s_own_addresses_are_an_administrators_to_open() {
    const OWN: &str = "192.0.2.7";
    let added =
        namespace().command(Path::new("ip")).args(["address", "replace", &format!("{OWN}/32"), "dev", "lo"]).output();
    printed(&added.unwrap());
    let server = listener("own", "0.0.0.0");
    let at = format!("{OWN}:{}", server.port);
    let url = format!("http://{at}");
    let granted = [url.as_str()];
    let one = || [Try::new(connect(&at)).granted(&granted)];

    let closed = installation(&json!({}));
    set_job(&closed, &one());
    let seen = run_in(namespace().command(&windlass()), &closed);
    assert_refused(&seen[0]["connect"], &["an address of this machine", "`network.localDestinations`"]);

    let opened = installation(&json!({"localDestinations": [at]}));
    set_job(&opened, &one());
    assert_worked(&run_in(namespace().command(&windlass()), &opened)[0]["connect"]);
}

struct Listener {
    port: u16,
    _server: Guarded,
}

/// A server in the namespace that listens there.
fn listener(name: &str, address: &str) -> Listener {
    const SCRIPT: &str = "
import socket, sys
server = socket.create_server((sys.argv[1], 0))
print(server.getsockname()[1], flush=True)
while True:
    server.accept()[0].close()
";
    let python = Venv::of("metadata").unwrap().python();
    let inside = namespace().command(&python);
    let program = Program::new(inside.get_program()).args(inside.get_args()).args(["-c", SCRIPT, address]);
    let log = paths::scratch().unwrap().join(format!("listener-{name}.log"));
    let mut server = Guarded::start(name, &program, &log).unwrap();
    let port = wait::until("the listener's port", wait::PATIENCE, || {
        server.check()?;
        Ok(std::fs::read_to_string(&log).ok().and_then(|text| text.trim().parse().ok()))
    });
    Listener { port: port.unwrap(), _server: server }
}
