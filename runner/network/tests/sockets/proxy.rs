use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use windlass_network::{Destination, Network, NoProxy, Proxy, Refusal, RefusalKind};

use crate::asker::PATIENCE;
use crate::fake_proxy::{Behaviour, FakeProxy, start};

fn parse(text: &str) -> Destination {
    Destination::parse(text).unwrap()
}

fn through(proxy: &FakeProxy, no_proxy: &[&str]) -> Network {
    let proxy = Proxy::parse(&format!("http://user:hush@{}", proxy.address)).unwrap();
    Network::new(Some(proxy), no_proxy.iter().map(|text| NoProxy::parse(text).unwrap()).collect(), Vec::new())
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn blocking(stream: &TcpStream) {
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
}

/// The server speaks first, so its bytes may come together with the proxy's answer. The name resolves nowhere (RFC 6761,
/// section 6.4), so the proxy has got it.
#[tokio::test]
async fn the_tunnel_begins_with_the_servers_first_byte() {
    let (server, address) = listener();
    let proxy = start(Behaviour::Tunnel(address));
    let greets = std::thread::spawn(move || {
        let (mut connection, _) = server.accept().unwrap();
        connection.write_all(b"\r\n\r\nhello").unwrap();
        let mut said = String::new();
        connection.read_to_string(&mut said).unwrap();
        said
    });
    let granted = [parse("service.invalid:443")];
    let mut stream = through(&proxy, &[]).connect(&granted, "service.invalid", 443).await.unwrap();
    blocking(&stream);
    let mut first = [0; 9];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"\r\n\r\nhello");
    stream.write_all(b"good bye").unwrap();
    drop(stream);
    assert_eq!(greets.join().unwrap(), "good bye");
    // `user:hush` in base64.
    let expected = "CONNECT service.invalid:443 HTTP/1.1\r\nHost: service.invalid:443\r\n\
                    Proxy-Authorization: Basic dXNlcjpodXNo\r\n\r\n";
    assert_eq!(proxy.heads.recv_timeout(PATIENCE).unwrap(), expected);
}

async fn refused_by(answer: &'static str) -> Refusal {
    let proxy = start(Behaviour::Say(answer));
    let refused = through(&proxy, &[]).connect(&[parse("service.invalid:443")], "service.invalid", 443).await;
    let refused = refused.unwrap_err();
    assert!(refused.message.contains(&proxy.address.to_string()), "{}", refused.message);
    assert!(!refused.message.contains("hush"));
    assert_eq!(refused.kind, RefusalKind::Unreachable);
    refused
}

#[tokio::test]
async fn a_proxy_that_does_not_agree_is_named_with_its_status() {
    assert!(refused_by("HTTP/1.1 403 Forbidden\r\n\r\n").await.message.ends_with("answers 403"));
    assert!(refused_by("HTTP/1.1 407 Who?\r\n\r\n").await.message.contains("answers 407: it wants another user"));
    assert!(refused_by("220 mail.example.com\r\n\r\n").await.message.contains("not HTTP/1.1"));
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let (closed, address) = listener();
    drop(closed);
    let proxy = Proxy::parse(&format!("http://{address}")).unwrap();
    let network = Network::new(Some(proxy), Vec::new(), Vec::new());
    let refused = network.connect(&[parse("service.invalid:443")], "service.invalid", 443).await.unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Unreachable);
    let expected = format!("`service.invalid:443` through the proxy `{address}`: Connection refused");
    assert!(refused.message.contains(&expected), "{}", refused.message);
}

/// The proxy would have said yes to everything.
#[tokio::test]
async fn addresses_are_judged_before_the_proxy_hears_of_them() {
    let (_server, address) = listener();
    let proxy = start(Behaviour::Tunnel(address));
    let network = through(&proxy, &[]);
    for host in ["169.254.169.254", "2852039166", "[64:ff9b::a9fe:a9fe]", "127.0.0.1", "[::1]", "localhost"] {
        let refused = network.connect(&[parse(&format!("{host}:80"))], host, 80).await.unwrap_err();
        assert_eq!(refused.kind, RefusalKind::Denied, "{host}: {}", refused.message);
    }
    let not_granted = network.connect(&[], "service.invalid", 80).await.unwrap_err();
    assert_eq!(not_granted.kind, RefusalKind::Denied);
    network.connect(&[parse("10.0.0.1:80")], "10.0.0.1", 80).await.unwrap();
    let head = proxy.heads.recv_timeout(PATIENCE).unwrap();
    assert!(head.starts_with("CONNECT 10.0.0.1:80 "), "the proxy heard of another one before: {head}");
}

/// The proxy would refuse them.
#[tokio::test]
async fn this_machine_and_exceptions_are_reached_directly() {
    let proxy = start(Behaviour::Say("HTTP/1.1 403 Forbidden\r\n\r\n"));
    let (_server, address) = listener();
    let local = [parse(&address.to_string()).local()];
    let stream = through(&proxy, &[]).connect(&local, "127.0.0.1", address.port()).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), address);
    for (exception, host) in [("service.invalid", "service.invalid"), (".invalid", "a.invalid")] {
        let granted = [parse(&format!("{host}:443"))];
        let unknown = through(&proxy, &[exception]).connect(&granted, host, 443).await.unwrap_err();
        assert!(!unknown.message.contains("proxy"), "{}", unknown.message);
    }
    let granted = [parse("127.0.0.1:443")];
    let closed = through(&proxy, &["127.0.0.0/8"]).connect(&granted, "127.0.0.1", 443).await.unwrap_err();
    assert_eq!(closed.kind, RefusalKind::Denied);
}
