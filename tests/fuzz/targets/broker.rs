//! Packets of the connection broker: requests from a host to the runner, and answers of a runner to a host.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use serde_json::json;
use windlass_fuzz::{Bounds, Case, Seed, hold};
use windlass_network::{Broker, Destination, Network, Refusal};
use windlass_plugin_api::broker::{ConnectAnswer, ConnectRequest, MAX_PACKET};
use windlass_plugin_api::frames::{Ask, Given, Wanted};
use windlass_plugin_api::peer::{Peer, Socket};

use crate::packets::{Attached, pair, receive, send};

/// The socket's own buffers are the kernel's; here is room for a packet, a runtime and its threads.
const BOUNDS: Bounds = Bounds { base: 4 << 20, each: 16 };
/// Fewer than the broker takes in a second, so that an input need not wait for its turn.
const MOST_PACKETS: usize = 40;

/// The packets of an input, and with which of them descriptors come: that is its first byte.
fn packets(input: &[u8]) -> (usize, Vec<&[u8]>) {
    let (first, rest) = input.split_first().unwrap_or((&0, &[]));
    let packets = rest.split(|byte| *byte == b'\n').filter(|packet| !packet.is_empty());
    (usize::from(*first), packets.take(MOST_PACKETS).collect())
}

/// An input of a case; seldom with descriptors, since they end the conversation.
fn input(case: &Case, seeds: &[Seed]) -> Vec<u8> {
    let mut input = vec![case.other];
    input.extend(case.apply(seeds));
    input
}

#[test]
fn packets_from_a_host() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Whoever connects is let go at once.
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let ask = |id: u64, host: &str, port: u16| json!({"id": id, "host": host, "port": port}).to_string();
    let seeds = [
        Seed::Lines(vec![ask(1, "127.0.0.1", address.port()), ask(2, "example.com", 443), ask(3, "::1", 22)]),
        Seed::Lines(vec![ask(u64::MAX, "169.254.169.254", 80), ask(0, "0x7f.1", address.port())]),
    ];
    // 200 is past the last packet: nothing is attached.
    let connected: Vec<usize> =
        seeds.iter().map(|seed| requests(&[b"\xc8", &*seed.bytes()].concat(), address)).collect();
    // Another spelling of an address is the same address.
    assert_eq!(connected, [1, 1]);
    hold(
        "packets_from_a_host",
        BOUNDS,
        |case| input(case, &seeds),
        |input| {
            requests(input, address);
        },
    );
}

/// Sends the packets to a broker that may connect to one address; how many connections came of it.
fn requests(input: &[u8], allowed: SocketAddr) -> usize {
    let (with, packets) = packets(input);
    let (broker, socket) = Broker::pair().unwrap();
    let served = serve(broker, allowed);
    let attached = Attached::new();
    let sent = |(number, packet): &(usize, &[u8])| {
        let descriptors = [&attached];
        send(&socket, packet, if *number == with { &descriptors } else { &[] })
    };
    let packets: Vec<(usize, &[u8])> = packets.into_iter().enumerate().filter(sent).collect();
    let valid = |(number, packet): &(usize, &[u8])| {
        let request = (packet.len() <= MAX_PACKET && *number != with).then(|| serde_json::from_slice(packet).ok());
        request.flatten().map(|request: ConnectRequest| request)
    };
    let mut asked: Vec<ConnectRequest> = packets.iter().map_while(valid).collect();
    let (all, broken) = (asked.clone(), asked.len() < packets.len());
    let mut connections = 0;
    // After a packet that is no request there are no more answers, and those that were on their way may be lost.
    while (broken || !asked.is_empty())
        && let Some((packet, descriptors)) = receive(&socket)
    {
        let answer: ConnectAnswer = serde_json::from_slice(&packet).unwrap();
        assert_eq!(descriptors.len(), usize::from(answer.refused.is_none()), "one descriptor with each connection");
        let at = asked.iter().position(|request| request.id == answer.id).expect("an answer to what was asked");
        // Of several requests with one number, any may be the one that was answered.
        let same = all.iter().any(|request| request.id == answer.id && request.port == allowed.port());
        assert!(descriptors.is_empty() || same, "a connection that was not granted");
        asked.remove(at);
        connections += descriptors.len();
    }
    assert!(broken || asked.is_empty(), "no answer to {asked:?}");
    drop(socket);
    served.join().unwrap();
    attached.wait_closed();
    connections
}

fn serve(broker: Broker, allowed: SocketAddr) -> std::thread::JoinHandle<()> {
    let granted = vec![Destination::parse(&allowed.to_string()).unwrap().local()];
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let network = Arc::new(Network::new(None, Vec::new(), Vec::new()));
        runtime.block_on(
            broker.serve(network, granted, |refusal: &Refusal| assert!(refusal.message.len() < 2 * MAX_PACKET)),
        );
    })
}

#[test]
fn packets_from_the_runner() {
    let refused = |kind: &str| json!({"id": 1, "refused": {"kind": kind, "message": "m"}}).to_string();
    let seeds = [
        Seed::Lines(vec![json!({"id": 1, "refused": null}).to_string()]),
        Seed::Lines(vec![json!({"id": 9, "refused": null}).to_string(), refused("denied")]),
        Seed::Lines(vec![refused("timedOut"), refused("unreachable")]),
    ];
    let given: Vec<bool> = seeds.iter().map(|seed| answers(&[b"\0", &*seed.bytes()].concat())).collect();
    assert_eq!(given, [true, false, false]);
    hold(
        "packets_from_the_runner",
        BOUNDS,
        |case| input(case, &seeds),
        |input| {
            answers(input);
        },
    );
}

/// Asks for a connection, with a runner that answers with the packets; whether a connection came.
fn answers(input: &[u8]) -> bool {
    let (with, packets) = packets(input);
    let ((frames, _runner), (broker, runner)) = (UnixStream::pair().unwrap(), pair());
    let peer = Peer::new(Socket::new(OwnedFd::from(frames)), Some(broker));
    let mut attached = [Attached::new(), Attached::new()];
    let result = std::thread::scope(|scope| {
        let what = Wanted::Connect { host: "example.com".to_owned(), port: 443 };
        let asking = scope.spawn(|| peer.ask(Ask { id: 1, what }).result);
        receive(&runner).expect("a request");
        let both: Vec<&Attached> = attached.iter().collect();
        for (number, packet) in packets.iter().enumerate() {
            let how_many = if number == with % 8 { 1 + with / 128 } else { 0 };
            send(&runner, packet, &both[..how_many.min(2)]);
        }
        drop(runner);
        asking.join().unwrap()
    });
    let given = match result {
        Ok(Given::Connection(number)) => Some(own(number)),
        Ok(Given::Refused(_)) => None,
        other => panic!("neither a connection nor a refusal: {other:?}"),
    };
    if let Some(connection) = &given {
        assert!(attached.iter_mut().any(|attached| attached.is(connection)), "a descriptor that did not come along");
    }
    let came = given.is_some();
    drop((peer, given));
    attached.into_iter().for_each(Attached::wait_closed);
    came
}

#[expect(unsafe_code, reason = "the plugin border passes descriptors by number")]
fn own(number: i32) -> OwnedFd {
    // SAFETY: the answer says that the caller owns it now.
    unsafe { OwnedFd::from_raw_fd(number) }
}
