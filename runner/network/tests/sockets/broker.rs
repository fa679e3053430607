use std::collections::BTreeSet;
use std::io::{IoSlice, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;

use rustix::net::{RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recv, send, sendmsg};
use windlass_network::{Destination, Network, Proxy, RefusalKind};
use windlass_plugin_api::broker::{MAX_PACKET, MOST_WAITING};

use crate::asker::{PATIENCE, serve};

fn plain() -> Network {
    Network::new(None, Vec::new(), Vec::new())
}

fn listener() -> (TcpListener, SocketAddr, Destination) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address, Destination::parse(&address.to_string()).unwrap().local())
}

/// A network whose proxy is a listener: connections to `slow.invalid:1` wait for what it says.
fn waiting_for(proxy: SocketAddr) -> (Network, Destination) {
    let proxy = Proxy::parse(&format!("http://{proxy}")).unwrap();
    (Network::new(Some(proxy), Vec::new(), Vec::new()), Destination::parse("slow.invalid:1").unwrap())
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn a_connection_comes_as_a_descriptor() {
    let (listener, address, granted) = listener();
    let (asker, served) = serve(plain(), &[granted]);
    asker.ask(7, "127.0.0.1", address.port());
    let (id, connection) = asker.answer();
    let mut connection = connection.unwrap();
    assert_eq!((id, connection.peer_addr().unwrap()), (7, address));
    connection.write_all(b"hello").unwrap();
    drop(connection);
    let mut said = String::new();
    accept(&listener).read_to_string(&mut said).unwrap();
    assert_eq!(said, "hello", "and the end: the broker kept no copy open");
    drop(asker);
    assert!(served.ended().is_empty());
}

#[test]
fn only_denials_are_reported() {
    let (listener, address, granted) = listener();
    drop(listener);
    let (asker, served) = serve(plain(), &[granted]);
    asker.ask(1, "127.0.0.1", address.port());
    assert_eq!(asker.answer().1.unwrap_err().kind, RefusalKind::Unreachable);
    asker.ask(2, "metadata.example", 80);
    let (id, refused) = asker.answer();
    assert_eq!((id, refused.as_ref().unwrap_err().kind), (2, RefusalKind::Denied));
    drop(asker);
    assert_eq!(served.ended(), [refused.unwrap_err()]);
}

#[test]
fn a_slow_connection_holds_nobody_up() {
    let (proxy, proxy_address, _) = listener();
    let (_server, address, granted) = listener();
    let (network, slow) = waiting_for(proxy_address);
    let (asker, served) = serve(network, &[slow, granted]);
    asker.ask(1, "slow.invalid", 1);
    let mut to_proxy = accept(&proxy);
    asker.ask(2, "127.0.0.1", address.port());
    let (id, connection) = asker.answer();
    assert_eq!((id, connection.unwrap().peer_addr().unwrap()), (2, address));
    to_proxy.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let (id, connection) = asker.answer();
    assert_eq!((id, connection.unwrap().peer_addr().unwrap()), (1, proxy_address));
    drop(asker);
    assert!(served.ended().is_empty());
}

#[test]
fn only_so_many_may_wait() {
    let (proxy, proxy_address, _) = listener();
    let (network, slow) = waiting_for(proxy_address);
    let (asker, served) = serve(network, &[slow]);
    let most = MOST_WAITING as u64;
    (0..most).for_each(|id| asker.ask(id, "slow.invalid", 1));
    let waiting: Vec<_> = (0..most).map(|_| accept(&proxy)).collect();
    asker.ask(most, "slow.invalid", 1);
    let (id, refused) = asker.answer();
    assert_eq!((id, refused.unwrap_err().kind), (most, RefusalKind::Unreachable));
    for mut to_proxy in waiting {
        to_proxy.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    }
    let answered: BTreeSet<u64> =
        (0..most).map(|_| asker.answer()).map(|(id, stream)| (stream.unwrap(), id).1).collect();
    assert_eq!(answered, (0..most).collect());
    asker.ask(most + 1, "slow.invalid", 1);
    accept(&proxy).write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    asker.answer().1.unwrap();
    drop(asker);
    assert!(served.ended().is_empty());
}

#[test]
fn the_end_of_the_asker_ends_its_connecting() {
    let (proxy, proxy_address, _) = listener();
    let (network, slow) = waiting_for(proxy_address);
    let (asker, served) = serve(network, &[slow]);
    asker.ask(1, "slow.invalid", 1);
    let mut to_proxy = accept(&proxy);
    let mut head = [0; b"CONNECT slow.invalid:1 HTTP/1.1\r\nHost: slow.invalid:1\r\n\r\n".len()];
    to_proxy.read_exact(&mut head).unwrap();
    drop(asker);
    assert!(served.ended().is_empty());
    assert_eq!(to_proxy.read(&mut head).unwrap(), 0, "the connection is closed");
}

/// More than the buffers of both directions hold, and more than may be asked for in a second; read only when the last one
/// was sent or there was no more room to send.
#[test]
fn a_flood_is_answered_one_by_one() {
    let (_server, address, granted) = listener();
    let (asker, served) = serve(plain(), &[granted]);
    let flood = 450;
    std::thread::scope(|scope| {
        scope.spawn(|| (0..flood).for_each(|id| asker.ask(id, "elsewhere.example", 443)));
        let mut answered = BTreeSet::new();
        for _ in 0..flood {
            let (id, outcome) = asker.answer();
            outcome.unwrap_err();
            assert!(answered.insert(id), "{id} was answered twice");
        }
    });
    asker.ask(flood, "127.0.0.1", address.port());
    asker.answer().1.unwrap();
    drop(asker);
    assert!(served.ended().len() <= usize::try_from(flood).unwrap());
}

/// The kernel tells this end by an error (`ECONNRESET`), which is nothing to report.
#[test]
fn an_asker_may_end_with_an_answer_unread() {
    let (asker, served) = serve(plain(), &[Destination::parse("service.invalid:1").unwrap()]);
    asker.ask(1, "localhost", 1);
    assert_eq!(recv(&asker.socket, &mut [0; 1], RecvFlags::PEEK).unwrap().0, 1);
    drop(asker);
    assert_eq!(served.ended().len(), 1, "the refusal of the request, and no more");
}

#[test]
fn an_asker_that_reads_nothing_can_still_end() {
    let (_server, address, granted) = listener();
    let (asker, served) = serve(plain(), &[granted]);
    let request = format!(r#"{{"id":1,"host":"127.0.0.1","port":{}}}"#, address.port());
    let mut sent = 0;
    while sent < 200 && send(&asker.socket, request.as_bytes(), SendFlags::DONTWAIT).is_ok() {
        sent += 1;
    }
    assert!(sent > MOST_WAITING);
    drop(asker);
    assert!(served.ended().is_empty());
}

/// What the broker says of an asker that sent this.
fn said_of(packet: &[u8]) -> String {
    let (asker, served) = serve(plain(), &[]);
    send(&asker.socket, packet, SendFlags::NOSIGNAL).unwrap();
    let refusals = served.ended();
    assert!(asker.try_answer().is_err(), "there is no answer");
    let [refusal] = refusals.try_into().unwrap();
    assert_eq!(refusal.kind, RefusalKind::Denied);
    refusal.message
}

#[test]
fn what_is_no_request_ends_the_broker() {
    for packet in
        ["{", r#"{"id":1,"host":"a"}"#, r#"{"id":1,"host":"a","port":70000}"#, r#"{"id":1,"host":"a","port":1,"x":1}"#]
    {
        assert!(said_of(packet.as_bytes()).contains("no request"), "{packet}");
    }
    let long = format!(r#"{{"id":1,"host":"{}","port":1}}"#, "a".repeat(MAX_PACKET));
    assert!(said_of(long.as_bytes()).contains("longer than 4096 bytes"));
}

#[test]
fn refusals_of_the_longest_hosts_fit_into_a_packet() {
    let long: String = "\u{1f600}".repeat(900);
    let granted: Vec<_> =
        (0..50).map(|n| Destination::parse(&format!("{}a{n}:443", "a23456789.".repeat(24))).unwrap()).collect();
    let (asker, served) = serve(plain(), &granted);
    for host in [long.as_str(), &"\u{1}".repeat(600), &"b23456789.".repeat(25)] {
        asker.ask(1, host, 443);
        assert_eq!(asker.answer().1.unwrap_err().kind, RefusalKind::Denied);
    }
    drop(asker);
    assert_eq!(served.ended().len(), 3);
}

/// The reading end of the pipe hears of its end only when nobody has the writing end any more.
#[test]
fn descriptors_of_an_asker_are_closed() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let (asker, served) = serve(plain(), &[]);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut attached = SendAncillaryBuffer::new(&mut space);
    let two = [writer.as_fd(), writer.as_fd()];
    assert!(attached.push(SendAncillaryMessage::ScmRights(&two)));
    let request = br#"{"id":1,"host":"a","port":1}"#;
    sendmsg(&asker.socket, &[IoSlice::new(request)], &mut attached, SendFlags::NOSIGNAL).unwrap();
    drop(writer);
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    assert!(served.ended()[0].message.contains("with descriptors"));
}
