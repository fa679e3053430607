//! Asking the runner for connections, properly and not.

use super::servers::greeter;
use super::{Try, assert_filtered, assert_refused, assert_worked, try_all, try_one};
use serde_json::{Value, json};
use std::net::SocketAddr;

fn connect(at: &str) -> Value {
    json!({"kind": "connect", "at": at})
}

/// What opens an address of this machine to the steps that name it.
fn local(address: SocketAddr) -> Value {
    json!({"localDestinations": [address]})
}

#[test]
fn a_destination_that_the_job_names_is_reached() {
    let (server, other) = (greeter("granted"), greeter("other"));
    let (url, address) = (format!("http://{server}/path"), server.to_string());
    let seen = try_all(
        &json!({"localDestinations": [server, other]}),
        &[Try::new(connect(&address)).granted(&[&url]), Try::new(connect(&other.to_string())).granted(&[&url])],
    );
    assert_worked(&seen[0]["connect"]);
    assert_eq!(seen[0]["connect"]["detail"], json!(server));
    assert_refused(&seen[1]["connect"], &[&format!("`{other}`"), "does not declare", &format!("`{address}`")]);
}

#[test]
fn a_step_that_names_nothing_connects_nowhere() {
    let server = greeter("other");
    let seen = try_one(&local(server), Try::new(connect(&server.to_string())));
    assert_refused(&seen["connect"], &["it may connect nowhere"]);
}

#[test]
fn this_machine_is_an_administrators_to_open() {
    let server = greeter("here");
    let (port, by_name) = (server.port(), format!("http://localhost:{}", server.port()));
    let by_address = format!("http://{server}");
    let tries = || {
        [
            Try::new(connect(&format!("127.0.0.1:{port}"))),
            Try::new(connect(&format!("localhost:{port}"))),
            Try::new(connect(&format!("2130706433:{port}"))),
            Try::new(connect(&format!("[::ffff:127.0.0.1]:{port}"))),
        ]
    };
    let granted = [by_address.as_str(), by_name.as_str()];
    for seen in try_all(&json!({}), &tries().map(|one| one.granted(&granted))) {
        assert_refused(&seen["connect"], &["loopback", "`network.localDestinations`"]);
    }
    let opened = json!({"localDestinations": [server, format!("localhost:{port}")]});
    for seen in try_all(&opened, &tries().map(|one| one.granted(&granted))) {
        assert_worked(&seen["connect"]);
    }
}

#[test]
fn nobody_there_is_no_refusal() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let seen = try_one(&local(free), Try::new(connect(&free.to_string())).granted(&[&url]));
    let detail = seen["connect"]["detail"].as_str().unwrap();
    assert!(detail.starts_with("Unreachable: ") && detail.contains(&free.to_string()), "{detail}");
}

/// The runner hangs up on who talks nonsense; the next step has a broker of its own.
#[test]
fn nonsense_ends_the_talk_and_nothing_else() {
    let server = greeter("granted");
    let (url, at) = (format!("http://{server}"), server.to_string());
    let granted = [url.as_str()];
    let nonsense = |bytes: usize| Try::new(json!({"kind": "garbage", "bytes": bytes, "at": at})).granted(&granted);
    let proper = || Try::new(connect(&at)).granted(&granted);
    let seen = try_all(&local(server), &[nonsense(20), nonsense(100_000), proper()]);
    for seen in &seen[..2] {
        assert_worked(&seen["packet"]);
        let after = &seen["connect afterwards"];
        assert!(after["ok"] == false && after["detail"] == "Unreachable: the runner is gone", "{after}");
    }
    assert_worked(&seen[2]["connect"]);
}

#[test]
fn no_descriptor_is_given_to_the_runner() {
    let server = greeter("granted");
    let (url, at) = (format!("http://{server}"), server.to_string());
    let granted = [url.as_str()];
    let pass = || Try::new(json!({"kind": "pass-descriptor", "at": at})).granted(&granted);
    let seen = try_all(&local(server), &[pass(), pass().direct()]);
    assert_filtered(&seen[0]["packet"]);
    assert_worked(&seen[0]["connect afterwards"]);
    // One that has no filter gets it into the socket, where the runner does not take it.
    assert_worked(&seen[1]["packet"]);
    assert_eq!(seen[1]["connect afterwards"]["ok"], false, "{}", seen[1]);
}

/// The runner waits neither for a step that reads nothing nor holds what it cannot give.
#[test]
fn a_flood_of_requests_fills_the_steps_own_socket() {
    let server = greeter("granted");
    let (url, at) = (format!("http://{server}"), server.to_string());
    let granted = [url.as_str()];
    let flood = Try::new(json!({"kind": "flood", "at": at})).granted(&granted);
    let seen = try_all(&local(server), &[flood, Try::new(connect(&at)).granted(&granted)]);
    assert_eq!(seen[0]["packet"]["errno"], libc::EAGAIN, "{}", seen[0]);
    assert_worked(&seen[1]["connect"]);
}

/// A descriptor that does not fit is lost on the way (unix(7), `MSG_CTRUNC`): the step hears of it.
#[test]
fn more_connections_than_descriptors_are_an_error() {
    let server = greeter("granted");
    let (url, at) = (format!("http://{server}"), server.to_string());
    let seen = try_one(&local(server), Try::new(json!({"kind": "hold", "at": at})).granted(&[&url]));
    let held: usize = seen["held"]["detail"].as_str().unwrap().parse().unwrap();
    assert!((100..256).contains(&held), "{seen}");
    let more = seen["one more"]["detail"].as_str().unwrap();
    assert!(more.contains("too many open descriptors"), "{more}");
    assert_worked(&seen["after all are closed"]);
}
