//! Connections that the runner handed over: they lead where they lead.

use super::servers::{assert_nobody_came, greeter};
use super::{Try, assert_filtered, assert_worked, try_one};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};

fn repoint(from: SocketAddr, to: SocketAddr) -> Value {
    json!({"kind": "repoint", "from": from, "to": to})
}

#[test]
fn they_cannot_be_led_elsewhere() {
    let (granted, other) = (greeter("granted"), TcpListener::bind("127.0.0.1:0").unwrap());
    let url = format!("http://{granted}");
    let network = json!({"localDestinations": [granted]});
    let seen = try_one(&network, Try::new(repoint(granted, other.local_addr().unwrap())).granted(&[&url]));
    let mut ways = seen.as_object().unwrap().clone();
    let left = ways.remove("left as it is").unwrap();
    assert_eq!((&left["ok"], &left["detail"]), (&json!(true), &json!("granted")));
    assert_eq!(ways.len(), 14, "{ways:?}");
    ways.values().for_each(assert_filtered);
    assert_nobody_came(&other);
}

/// The control: without the filter, a connection is dissolved and goes to somebody else, or becomes a listener.
#[test]
fn without_the_filter_they_are() {
    let (granted, other) = (greeter("granted"), greeter("other"));
    let seen = try_one(&json!({}), Try::new(repoint(granted, other)).direct());
    assert_eq!(seen["dissolve, connect"]["detail"], "other", "{seen}");
    assert_worked(&seen["dissolve, listen"]);
    assert_eq!(seen["connect"]["errno"], libc::EISCONN, "{seen}");
}
