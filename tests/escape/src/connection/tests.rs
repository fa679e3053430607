//! That the ways lead elsewhere where nothing keeps them from it; with fast open the system decides.

use std::io::Write as _;
use std::net::TcpListener;

use super::*;

/// A server that says who it is.
fn server(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            // Whoever was led away does not hear it.
            let _ = writeln!(connection.unwrap(), "{name}");
        }
    });
    address
}

fn attempt(name: &str) -> Attempt {
    let (_, way) = WAYS.iter().find(|(known, _)| *known == name).unwrap();
    let connection = TcpStream::connect(server("granted")).unwrap();
    way(&connection, &Address::internet(server("other")))
}

#[test]
fn a_dissolved_connection_can_be_led_elsewhere() {
    assert_eq!(attempt("dissolve, connect"), Attempt::saw("other"));
    assert!(attempt("dissolve, listen").ok);
}

#[test]
fn a_connection_that_stands_cannot() {
    assert_eq!(attempt("connect").errno, Some(libc::EISCONN));
    assert_eq!(attempt("listen").errno, Some(libc::EINVAL));
}
