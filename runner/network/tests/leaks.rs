//! A broker leaves no descriptors behind. Alone in its process, because it counts those of the whole process.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "sockets/asker.rs"]
mod asker;

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};

use rustix::net::{SendFlags, send};
use windlass_network::{Destination, Network, Proxy};

use crate::asker::{PATIENCE, serve};

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn grant(address: SocketAddr) -> Destination {
    Destination::parse(&address.to_string()).unwrap().local()
}

fn network(proxy: SocketAddr) -> Network {
    Network::new(Some(Proxy::parse(&format!("http://{proxy}")).unwrap()), Vec::new(), Vec::new())
}

/// One asker each: takes its connections; leaves them lying; ends while one is made; sends nonsense.
fn everything_once(server: &TcpListener, proxy: &TcpListener) {
    let (address, proxy_address) = (server.local_addr().unwrap(), proxy.local_addr().unwrap());
    let (asker, served) = serve(network(proxy_address), &[grant(address)]);
    for id in 0..20 {
        asker.ask(id, "127.0.0.1", address.port());
        let connection = asker.answer().1.unwrap();
        drop((server.accept().unwrap(), connection));
    }
    asker.ask(20, "elsewhere.example", 1);
    asker.answer().1.unwrap_err();
    drop(asker);
    served.ended();

    let (asker, served) = serve(network(proxy_address), &[grant(address)]);
    (0..10).for_each(|id| asker.ask(id, "127.0.0.1", address.port()));
    (0..10).for_each(|_| drop(server.accept().unwrap()));
    drop(asker);
    served.ended();

    let (asker, served) = serve(network(proxy_address), &[Destination::parse("slow.invalid:1").unwrap()]);
    asker.ask(1, "slow.invalid", 1);
    let (mut to_proxy, _) = proxy.accept().unwrap();
    to_proxy.set_read_timeout(Some(PATIENCE)).unwrap();
    drop(asker);
    to_proxy.read_to_end(&mut Vec::new()).unwrap();
    served.ended();

    let (asker, served) = serve(network(proxy_address), &[]);
    send(&asker.socket, b"nonsense", SendFlags::NOSIGNAL).unwrap();
    served.ended();
    asker.try_answer().unwrap_err();
}

#[test]
fn nothing_stays_open() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    everything_once(&server, &proxy);
    let before = open_descriptors();
    (0..10).for_each(|_| everything_once(&server, &proxy));
    assert_eq!(open_descriptors(), before);
}
