//! Sockets of a step's own: there are none.

use super::servers::{assert_nobody_came, greeter};
use super::{Try, assert_filtered, assert_worked, installation, set_job, try_all, try_one};
use crate::installation::assert_names;
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixDatagram, UnixListener};
use tempfile::TempDir;

fn of(family: i32, kind: i32) -> String {
    format!("family {family} type {kind}")
}

#[test]
fn none_of_any_family_can_be_made() {
    let sockets = || Try::new(json!({"kind": "sockets"}));
    let seen = try_all(&json!({}), &[sockets(), sockets().direct()]);
    let all: Vec<&Value> = seen[0].as_object().unwrap().values().collect();
    assert!(all.len() > 150, "{all:?}");
    all.into_iter().for_each(assert_filtered);

    for family in [libc::AF_INET, libc::AF_INET6, libc::AF_UNIX] {
        let attempt = &seen[1][of(family, libc::SOCK_STREAM)];
        // A machine may have no IPv6.
        assert!(attempt["ok"] == true || attempt["errno"] == libc::EAFNOSUPPORT, "family {family}: {attempt}");
    }
    for family in [libc::AF_NETLINK, libc::AF_VSOCK, libc::AF_PACKET, libc::AF_ALG, libc::AF_TIPC] {
        assert_filtered(&seen[1][of(family, libc::SOCK_STREAM)]);
    }
}

/// Even a destination that it may have: only the connection that the runner made is checked.
#[test]
fn nothing_is_reached_with_them() {
    let (tcp, udp) = (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let address = tcp.local_addr().unwrap().to_string();
    let url = format!("http://{address}");
    let (granted, network) = ([url.as_str()], json!({"localDestinations": [address]}));
    let seen = try_one(&network, Try::new(json!({"kind": "reach", "address": address})).granted(&granted));
    for way in ["tcp", "udp", "listen"] {
        assert_filtered(&seen[way]);
    }
    assert_nobody_came(&tcp);

    let (tcp, udp_address) = (greeter("reached"), udp.local_addr().unwrap());
    let reach = |address: String| Try::new(json!({"kind": "reach", "address": address})).direct();
    let seen = try_all(&json!({}), &[reach(tcp.to_string()), reach(udp_address.to_string())]);
    assert_worked(&seen[0]["tcp"]);
    assert_worked(&seen[1]["udp"]);
    assert_eq!(udp.recv(&mut [0; 2]).unwrap(), 1);
}

#[test]
fn they_need_an_administrator() {
    let installation = installation(&json!({}));
    let configuration = fs::read_to_string(installation.folder().join("windlass.yaml")).unwrap();
    installation.write("windlass.yaml", configuration.replace("escape", "another"));
    set_job(&installation, &[Try::new(json!({"kind": "sockets"})).direct()]);
    let ended = installation.run_job(&[]);
    assert_ne!(ended.code, Some(0), "{}", ended.stdout);
    assert_names(&ended.stderr, &["plugin `escape`", "`network.directPlugins`"]);
}

/// A folder that everybody may enter, for sockets with a path.
fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Daemons of this machine listen there: Docker, D-Bus, the system's log.
#[test]
fn no_daemon_is_reached() {
    let folder = open_folder();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    let reach = || Try::new(json!({"kind": "reach", "address": path}));
    let seen = try_all(&json!({}), &[reach(), reach().direct()]);
    assert_filtered(&seen[0]["unix"]);
    assert_worked(&seen[1]["unix"]);
    drop(listener);
}

/// A pair has no address, but a datagram of it may have one.
#[test]
fn a_pair_leads_nowhere_else() {
    let folder = open_folder();
    let path = folder.path().join("socket");
    let daemon = UnixDatagram::bind(&path).unwrap();
    daemon.set_nonblocking(true).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    let pairs = || Try::new(json!({"kind": "pairs", "path": path}));

    let seen = try_one(&json!({}), pairs());
    for way in ["datagram", "packet", "stream sendmsg", "stream sendmmsg", "stream sendto", "stream connect"] {
        assert_filtered(&seen[way]);
    }
    for way in ["stream", "stream send"] {
        assert_worked(&seen[way]);
    }
    let heard = daemon.recv(&mut [0; 2]);
    assert!(heard.is_err(), "{heard:?}");

    let seen = try_one(&json!({}), pairs().direct());
    for way in ["datagram sendmsg", "datagram sendto"] {
        assert_worked(&seen[way]);
    }
    assert_eq!(daemon.recv(&mut [0; 2]).unwrap(), 1);
}

/// It makes system calls where no filter sees them. That it works elsewhere is a unit test of the plugin.
#[test]
fn io_uring_is_off() {
    let ring = || Try::new(json!({"kind": "io-uring"}));
    for seen in try_all(&json!({}), &[ring(), ring().direct()]) {
        assert_filtered(&seen["setup"]);
    }
}
