//! A fake: an HTTP proxy of a few lines, after RFC 9110, section 9.3.6. No proxy that others wrote has met this code.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

/// What the proxy does with a request.
#[derive(Clone)]
pub(crate) enum Behaviour {
    /// Says 200 and passes all bytes on to here, whatever name was asked for.
    Tunnel(SocketAddr),
    /// Says this and closes.
    Say(&'static str),
}

pub(crate) struct FakeProxy {
    pub(crate) address: SocketAddr,
    /// The heads of the requests.
    pub(crate) heads: Receiver<String>,
}

pub(crate) fn start(behaviour: Behaviour) -> FakeProxy {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, (sender, heads)) = (listener.local_addr().unwrap(), channel());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            if sender.send(read_head(&mut client)).is_err() {
                return;
            }
            serve(client, &behaviour);
        }
    });
    FakeProxy { address, heads }
}

fn read_head(client: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

fn serve(mut client: TcpStream, behaviour: &Behaviour) {
    match behaviour {
        Behaviour::Say(answer) => client.write_all(answer.as_bytes()).unwrap(),
        Behaviour::Tunnel(server) => {
            let server = TcpStream::connect(server).unwrap();
            client.write_all(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 fake\r\n\r\n").unwrap();
            pass(server.try_clone().unwrap(), client.try_clone().unwrap());
            pass(client, server);
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}
