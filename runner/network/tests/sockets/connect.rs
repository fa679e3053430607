use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::slice::from_ref;

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::{FdFlags, fcntl_getfd};
use rustix::net::sockopt;
use windlass_network::{Destination, Network, RefusalKind};

fn plain() -> Network {
    Network::new(None, Vec::new(), Vec::new())
}

fn parse(text: &str) -> Destination {
    Destination::parse(text).unwrap()
}

fn listener(address: &str) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn own_v4() -> Vec<Ipv4Addr> {
    let interfaces = nix::ifaddrs::getifaddrs().unwrap();
    interfaces.filter_map(|interface| Some(interface.address?.as_sockaddr_in()?.ip())).collect()
}

#[tokio::test]
async fn a_connection_is_ready_for_use_in_another_process() {
    let (listener, address) = listener("127.0.0.1:0");
    let granted = [parse(&address.to_string()).local()];
    let stream = plain().connect(&granted, "127.0.0.1", address.port()).await.unwrap();
    assert_eq!(listener.accept().unwrap().1, stream.local_addr().unwrap());
    assert!(fcntl_getfl(&stream).unwrap().contains(OFlags::NONBLOCK));
    assert!(fcntl_getfd(&stream).unwrap().contains(FdFlags::CLOEXEC));
    assert!(stream.nodelay().unwrap());
    assert!(sockopt::socket_keepalive(&stream).unwrap());
    assert_eq!(sockopt::tcp_keepidle(&stream).unwrap().as_secs(), 60);
}

#[tokio::test]
async fn what_is_not_granted_is_refused_with_what_is() {
    let granted = [parse("logs.us-east-1.amazonaws.com:443"), parse("*.example.com:443")];
    let refused = plain().connect(&granted, "Example.com.", 443).await.unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Denied);
    assert_eq!(
        refused.message,
        "the step may not connect to `example.com:443`: its step type does not declare it in `network`; it may connect \
         to `logs.us-east-1.amazonaws.com:443`, `*.example.com:443`"
    );
    let nowhere = plain().connect(&[], "example.com", 443).await.unwrap_err();
    assert!(nowhere.message.ends_with("it may connect nowhere"), "{}", nowhere.message);
    let no_host = plain().connect(&granted, "a\nb.example.com", 443).await.unwrap_err();
    assert_eq!(no_host.kind, RefusalKind::Denied);
    assert!(no_host.message.contains("`a\\nb.example.com:443`"), "{}", no_host.message);
}

#[tokio::test]
async fn metadata_is_out_of_reach_in_every_spelling_even_when_granted_as_local() {
    for host in [
        "169.254.169.254",
        "2852039166",
        "0xA9FEA9FE",
        "0251.0376.0251.0376",
        "169.254.43518",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]",
        "[fd00:ec2::254]",
        "169.254.170.2",
    ] {
        let granted = [parse(&format!("{host}:80")).local()];
        let bare = host.trim_matches(['[', ']']);
        let refused = plain().connect(&granted, bare, 80).await.unwrap_err();
        assert_eq!(refused.kind, RefusalKind::Denied, "{host}");
        assert!(refused.message.contains("metadata services"), "{host}: {}", refused.message);
    }
}

/// The listener would answer on each of them.
#[tokio::test]
async fn own_addresses_are_for_local_destinations() {
    let (_listener, address) = listener("0.0.0.0:0");
    let own = own_v4();
    assert!(own.contains(&Ipv4Addr::LOCALHOST));
    for ip in own.into_iter().filter(|ip| !ip.is_link_local()).chain([Ipv4Addr::new(127, 9, 9, 9)]) {
        let destination = parse(&format!("{ip}:{}", address.port()));
        let refused = plain().connect(from_ref(&destination), &ip.to_string(), address.port()).await.unwrap_err();
        assert_eq!(refused.kind, RefusalKind::Denied, "{ip}");
        assert!(refused.message.contains("`network.localDestinations`"), "{}", refused.message);
        let granted = [destination.clone().local()];
        let stream = plain().connect(&granted, &ip.to_string(), address.port()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap().ip(), IpAddr::V4(ip));
        let allowed = Network::new(None, Vec::new(), vec![destination.clone()]);
        allowed.connect(&[destination], &ip.to_string(), address.port()).await.unwrap();
    }
}

#[tokio::test]
async fn the_unspecified_address_is_nobodys() {
    let (_listener, address) = listener("0.0.0.0:0");
    for host in ["0.0.0.0", "::", "0", "::ffff:0.0.0.0"] {
        let destination = if host.contains(':') { format!("[{host}]:1") } else { format!("{host}:1") };
        let destination = destination.replace(":1", &format!(":{}", address.port()));
        let refused = plain().connect(&[parse(&destination).local()], host, address.port()).await.unwrap_err();
        assert!(refused.message.contains("an unspecified address"), "{host}: {}", refused.message);
    }
}

#[tokio::test]
async fn a_granted_name_does_not_open_the_address_behind_it() {
    let (_listener, address) = listener("127.0.0.1:0");
    let granted = [parse(&format!("localhost:{}", address.port()))];
    let refused = plain().connect(&granted, "LOCALHOST", address.port()).await.unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Denied);
    assert!(refused.message.contains("a loopback address"), "{}", refused.message);
    let stream = plain().connect(&[granted[0].clone().local()], "localhost.", address.port()).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), address);
}

#[tokio::test]
async fn a_local_destination_of_the_runner_grants_nothing_by_itself() {
    let (_listener, address) = listener("127.0.0.1:0");
    let network = Network::new(None, Vec::new(), vec![parse(&address.to_string())]);
    let refused = network.connect(&[], "127.0.0.1", address.port()).await.unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Denied);
}

#[tokio::test]
async fn where_nobody_answers_is_unreachable() {
    let (closed, address) = listener("127.0.0.1:0");
    drop(closed);
    let granted = [parse(&address.to_string()).local()];
    let refused = plain().connect(&granted, "127.0.0.1", address.port()).await.unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Unreachable);
    assert!(refused.message.contains(&format!("`{address}`: Connection refused")), "{}", refused.message);
}
