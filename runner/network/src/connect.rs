use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::net::sockopt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::address::Rule;
use crate::host::Target;
use crate::{Refusal, refusal};

/// How long a connection may take altogether: resolving, connecting, and the proxy's answer.
pub const TOTAL_TIME: Duration = Duration::from_secs(20);
/// How many addresses of one name are tried.
pub const MOST_ADDRESSES: usize = 8;

/// A silent connection is asked for a sign of life after this time,
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
/// again after this,
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// and given up after so many (tcp(7)): two minutes after the last byte.
const KEEPALIVE_COUNT: u32 = 4;

/// Connects to the first of the addresses that answers. They are tried one after the other; each gets an even share of
/// what is left of the time. Nothing is resolved here.
///
/// `through` is said after the target in refusals.
pub(crate) async fn first(
    target: &Target,
    through: &str,
    addresses: &[SocketAddr],
    until: Instant,
) -> Result<(TcpStream, SocketAddr), Refusal> {
    let mut last = refusal::not_connected(target, through, &io::Error::other("its name has no addresses"));
    let mut left = u32::try_from(addresses.len().min(MOST_ADDRESSES)).expect("it is at most eight");
    for address in addresses.iter().take(MOST_ADDRESSES) {
        let share = until.saturating_duration_since(Instant::now()) / left;
        if share.is_zero() {
            return Err(refusal::too_late(target, through, "its answer"));
        }
        last = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, *address)),
            Ok(Err(source)) => refusal::not_connected(target, through, &source),
            Err(_) => refusal::too_late(target, through, "its answer"),
        };
        left -= 1;
    }
    Err(last)
}

/// Looks where the connection got to: an address that no interface has may still be this machine's (a route of type
/// `local`, ip-route(8)), and something between may have turned the connection elsewhere.
pub(crate) fn check(target: &Target, stream: &TcpStream, checked: SocketAddr, local: bool) -> Result<(), Refusal> {
    let ends = stream.peer_addr().and_then(|peer| Ok((peer, stream.local_addr()?)));
    let (peer, own) = ends.map_err(|source| refusal::not_connected(target, "", &source))?;
    let (peer_ip, own_ip) = (peer.ip().to_canonical(), own.ip().to_canonical());
    if (peer_ip, peer.port()) != (checked.ip().to_canonical(), checked.port()) {
        let elsewhere = io::Error::other(format!("the connection to {checked} got to {peer}"));
        return Err(refusal::not_connected(target, "", &elsewhere));
    }
    if peer_ip == own_ip && !local {
        let rule = if peer_ip.is_loopback() { Rule::Loopback } else { Rule::Own };
        return Err(refusal::closed(target, peer_ip, rule));
    }
    Ok(())
}

/// Sets what stays with the descriptor wherever it goes: `TCP_NODELAY` and keepalive. It is non-blocking already.
pub(crate) fn prepare(stream: TcpStream) -> io::Result<std::net::TcpStream> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(&stream, true)?;
    sockopt::set_tcp_keepidle(&stream, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(&stream, KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(&stream, KEEPALIVE_COUNT)?;
    stream.into_std()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RefusalKind;
    use crate::host::Host;
    use tokio::net::TcpListener;

    fn target() -> Target {
        Target { host: Host::Name("service.example".to_owned()), port: 443 }
    }

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn later() -> Instant {
        Instant::now() + TOTAL_TIME
    }

    #[tokio::test]
    async fn the_next_address_is_tried_when_one_does_not_answer() {
        let (closed, nobody) = listener().await;
        drop(closed);
        let (_open, somebody) = listener().await;
        let (stream, reached) = first(&target(), "", &[nobody, somebody], later()).await.unwrap();
        assert_eq!((reached, stream.peer_addr().unwrap()), (somebody, somebody));
        let refused = first(&target(), "", &[nobody], later()).await.unwrap_err();
        assert_eq!(refused.kind, RefusalKind::Unreachable);
        assert!(refused.message.contains("`service.example:443`: Connection refused"), "{}", refused.message);
    }

    #[tokio::test]
    async fn without_addresses_or_time_there_is_no_connection() {
        assert_eq!(first(&target(), "", &[], later()).await.unwrap_err().kind, RefusalKind::Unreachable);
        let (_listener, address) = listener().await;
        assert_eq!(first(&target(), "", &[address], Instant::now()).await.unwrap_err().kind, RefusalKind::TimedOut);
    }

    #[tokio::test]
    async fn where_it_got_to_is_checked_again() {
        let (_listener, address) = listener().await;
        let stream = TcpStream::connect(address).await.unwrap();
        check(&target(), &stream, address, true).unwrap();
        let own = check(&target(), &stream, address, false).unwrap_err();
        assert_eq!(own.kind, RefusalKind::Denied);
        assert!(own.message.contains("127.0.0.1, a loopback address"), "{}", own.message);
        let other = SocketAddr::new(address.ip(), address.port() ^ 1);
        let elsewhere = check(&target(), &stream, other, true).unwrap_err();
        assert!(elsewhere.message.contains(&format!("got to {address}")), "{}", elsewhere.message);
    }
}
