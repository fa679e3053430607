use std::io::{IoSlice, Read as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd as _;

use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SocketFlags, SocketType, sendmsg, socketpair,
};

use super::*;

fn pair() -> (Arc<Connections>, OwnedFd) {
    let pair = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
    (Arc::new(Connections::new(pair.0)), pair.1)
}

fn asked(runner: &OwnedFd) -> ConnectRequest {
    let mut bytes = [0; MAX_PACKET];
    let (length, _) = rustix::net::recv(runner, &mut bytes[..], rustix::net::RecvFlags::empty()).unwrap();
    serde_json::from_slice(&bytes[..length]).unwrap()
}

fn answer(runner: &OwnedFd, id: u64, refused: Option<&str>, connection: Option<&TcpStream>) {
    let refused = refused.map(|why| Refusal { kind: RefusalKind::Denied, message: why.to_owned() });
    let bytes = serde_json::to_vec(&ConnectAnswer { id, refused }).unwrap();
    let descriptors: Vec<_> = connection.iter().map(|connection| connection.as_fd()).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut attached = SendAncillaryBuffer::new(&mut space);
    attached.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(runner, &[IoSlice::new(&bytes)], &mut attached, SendFlags::NOSIGNAL).unwrap();
}

/// Asks on a thread of its own.
fn connect(connections: &Arc<Connections>, host: &str) -> std::thread::JoinHandle<Outcome> {
    let (connections, host) = (Arc::clone(connections), host.to_owned());
    std::thread::spawn(move || connections.connect(&host, 443))
}

fn message(outcome: Outcome) -> String {
    outcome.expect_err("a connection came").message
}

#[test]
fn answers_come_in_any_order() {
    let (connections, runner) = pair();
    let first = connect(&connections, "first");
    let first_asked = asked(&runner);
    let second = connect(&connections, "second");
    let second_asked = asked(&runner);
    assert_eq!((first_asked.host.as_str(), first_asked.port, second_asked.host.as_str()), ("first", 443, "second"));

    answer(&runner, 999, Some("asked by nobody"), None);
    answer(&runner, second_asked.id, Some("no"), None);
    assert_eq!(message(second.join().unwrap()), "no");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    answer(&runner, first_asked.id, None, Some(&connection));
    let received = TcpStream::from(first.join().unwrap().unwrap());
    drop(connection);
    std::io::Write::write_all(&mut &received, b"x").unwrap();
    let mut byte = [0];
    listener.accept().unwrap().0.read_exact(&mut byte).unwrap();
    assert_eq!(&byte, b"x");
    let flags = rustix::io::fcntl_getfd(&received).unwrap();
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
}

#[test]
fn a_connection_that_did_not_come_along_is_an_error() {
    let (connections, runner) = pair();
    let waiting = connect(&connections, "here");
    let id = asked(&runner).id;
    answer(&runner, id, None, None);
    assert!(message(waiting.join().unwrap()).contains("did not arrive"));
}

#[test]
fn a_runner_that_is_gone_answers_everything() {
    let (connections, runner) = pair();
    let waiting = connect(&connections, "here");
    asked(&runner);
    drop(runner);
    assert_eq!(message(waiting.join().unwrap()), "the runner is gone");
    assert_eq!(message(connections.connect("here", 443)), "the runner is gone");
}

#[test]
fn no_more_wait_at_a_time_than_the_runner_takes() {
    let (connections, runner) = pair();
    let waiting: Vec<_> = (0..MOST_WAITING + 1).map(|_| connect(&connections, "here")).collect();
    let asked_first: Vec<_> = (0..MOST_WAITING).map(|_| asked(&runner).id).collect();
    let no_more =
        rustix::net::recv(&runner, &mut [0; 1][..], rustix::net::RecvFlags::DONTWAIT | rustix::net::RecvFlags::PEEK);
    assert_eq!(no_more.err(), Some(rustix::io::Errno::AGAIN));
    answer(&runner, asked_first[0], Some("no"), None);
    let last = asked(&runner).id;
    for id in asked_first.into_iter().skip(1).chain([last]) {
        answer(&runner, id, Some("no"), None);
    }
    assert!(waiting.into_iter().all(|waiting| message(waiting.join().unwrap()) == "no"));
}

#[test]
fn a_name_that_does_not_fit_is_not_sent() {
    let (connections, runner) = pair();
    assert!(message(connections.connect(&"x".repeat(MAX_PACKET), 443)).contains("too long"));
    drop(runner);
}
