//! Servers on loopback that say who they are.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// A server for the rest of the test process: `serve` gets each connection, on a thread of its own.
pub(super) fn server(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, serve) = (listener.local_addr().unwrap(), Arc::new(serve));
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(connection.unwrap()));
        }
    });
    address
}

/// One that says its name in a line, and waits until the other side hangs up.
pub(super) fn greeter(name: &'static str) -> SocketAddr {
    server(move |mut connection| {
        // Whoever came may have gone already.
        let _ = writeln!(connection, "{name}");
        let _ = connection.read_to_end(&mut Vec::new());
    })
}

/// One that answers each connection's first request with this text.
pub(super) fn web(text: &'static str) -> SocketAddr {
    server(move |connection| answer(connection, text))
}

/// The same with TLS, as [`secure`].
pub(super) fn secure_web(name: &str, text: &'static str) -> (SocketAddr, String) {
    secure(name, move |connection| answer(connection, text))
}

pub(super) type Secured = StreamOwned<ServerConnection, TcpStream>;

/// A server with TLS and a certificate for `name`, and the certificate of its authority, PEM.
pub(super) fn secure(name: &str, serve: impl Fn(Secured) + Send + Sync + 'static) -> (SocketAddr, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let trusted = authority.self_signed(&key).unwrap().pem();
    let (own, issuer) = (KeyPair::generate().unwrap(), Issuer::new(authority, key));
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = PrivateKeyDer::try_from(own.serialize_der()).unwrap();
    let config = Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap());
    let address = server(move |connection| {
        serve(StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), connection));
    });
    (address, trusted)
}

/// The head of a request; nothing when the other side hangs up, or does not trust us.
pub(super) fn head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn answer(mut stream: impl Read + Write, text: &str) {
    if head(&mut stream).is_some() {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len());
        let _ = stream.flush();
    }
}

/// Nobody has connected to it; the kernel takes connections whether they are accepted or not.
#[track_caller]
pub(super) fn assert_nobody_came(listener: &TcpListener) {
    listener.set_nonblocking(true).unwrap();
    let came = listener.accept();
    assert_eq!(came.as_ref().err().map(std::io::Error::kind), Some(ErrorKind::WouldBlock), "{came:?}");
}
