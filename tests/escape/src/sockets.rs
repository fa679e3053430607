//! Sockets of one's own.

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::attempt::{Attempt, Attempts};
use crate::raw::{self, Address};

/// Longer than what any machine needs to refuse or accept on loopback.
const PATIENCE: Duration = Duration::from_secs(30);
/// One more than the last family that any kernel has (`AF_MAX` in linux/socket.h).
const FAMILIES: i32 = 47;

/// A socket of each family and type.
pub(crate) fn all() -> Attempts {
    let kinds = [libc::SOCK_STREAM, libc::SOCK_DGRAM, libc::SOCK_RAW, libc::SOCK_SEQPACKET];
    let mut attempts = Attempts::default();
    for family in 0..=FAMILIES {
        for kind in kinds {
            attempts.add(format!("family {family} type {kind}"), raw::socket(family, kind));
        }
    }
    attempts
}

/// Reaching a TCP address, or the path of a Unix socket, by what the standard library offers.
pub(crate) fn reach(address: &str) -> Attempts {
    if address.starts_with('/') {
        return Attempts::one("unix", UnixStream::connect(address));
    }
    let Ok(address) = address.parse::<SocketAddr>() else {
        return Attempts::one("address", Attempt::failed("unreadable"));
    };
    let mut attempts = Attempts::one("tcp", TcpStream::connect_timeout(&address, PATIENCE));
    attempts.add("udp", UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"x", address)));
    attempts.add("listen", TcpListener::bind("127.0.0.1:0"));
    attempts
}

/// Pairs, which have no address and may yet send to one: to the datagram socket at `path`.
pub(crate) fn pairs(path: &str) -> Attempts {
    let mut attempts = Attempts::default();
    let kinds = [("stream", libc::SOCK_STREAM), ("datagram", libc::SOCK_DGRAM), ("packet", libc::SOCK_SEQPACKET)];
    for (name, kind) in kinds {
        let pair = match raw::socketpair(libc::AF_UNIX, kind) {
            Ok(pair) => pair,
            Err(error) => {
                attempts.add(name, Err::<(), _>(error));
                continue;
            }
        };
        let (one, to) = (pair[0].as_raw_fd(), Address::path(path));
        attempts.add(name, Ok(()));
        attempts.add(format!("{name} sendmsg"), raw::sendmsg(libc::SYS_sendmsg, one, Some(&to), None));
        attempts.add(format!("{name} sendmmsg"), raw::sendmsg(libc::SYS_sendmmsg, one, Some(&to), None));
        attempts.add(format!("{name} sendto"), raw::sendto(one, b"x", libc::MSG_DONTWAIT, Some(&to)));
        attempts.add(format!("{name} connect"), raw::with_address(libc::SYS_connect, one, &to));
        attempts.add(format!("{name} send"), raw::sendto(one, b"x", libc::MSG_DONTWAIT, None));
    }
    attempts
}

/// A way to make system calls past a filter (`io_uring(7)`).
pub(crate) fn io_uring() -> Attempts {
    let mut parameters = [0u64; 15];
    Attempts::one("setup", raw::call(libc::SYS_io_uring_setup, [8, parameters.as_mut_ptr() as usize]))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::*;

    #[test]
    fn a_pair_reaches_a_datagram_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let socket = UnixDatagram::bind(&path).unwrap();
        let attempts = pairs(path.to_str().unwrap()).attempts;
        for name in ["stream", "datagram sendmsg", "datagram sendmmsg", "datagram sendto"] {
            assert!(attempts[name].ok, "{name}: {attempts:?}");
        }
        for _ in 0..3 {
            assert_eq!(socket.recv(&mut [0; 2]).unwrap(), 1);
        }
    }

    #[test]
    fn each_family_is_tried() {
        let attempts = all().attempts;
        assert!(attempts[&format!("family {} type {}", libc::AF_INET, libc::SOCK_STREAM)].ok);
        assert!(attempts[&format!("family {} type {}", libc::AF_UNIX, libc::SOCK_DGRAM)].ok);
        assert_eq!(attempts[&format!("family {FAMILIES} type 1")].errno, Some(libc::EAFNOSUPPORT));
    }

    /// Administrators turn it off with a setting, which refuses with the number that a filter has.
    #[test]
    fn io_uring_works_where_it_is_on() {
        let off = std::fs::read_to_string("/proc/sys/kernel/io_uring_disabled").unwrap_or_default();
        let attempt = io_uring().attempts["setup"].clone();
        assert!(attempt.ok || matches!(off.trim(), "1" | "2"), "{attempt:?}");
    }
}
