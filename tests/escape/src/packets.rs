//! Talking to the runner's broker past the functions of the host.

use std::fs;
use std::io;
use std::os::fd::RawFd;

use crate::attempt::{Attempt, Attempts};
use crate::raw;

/// More than the broker takes, however large its buffers are.
const FLOOD: usize = 100_000;

/// Tries to give the runner a descriptor: it would count against its limit, and could block whoever closes it.
pub(crate) fn pass_descriptor() -> Attempts {
    of_broker(|broker| raw::sendmsg(libc::SYS_sendmsg, broker, None, Some(0)).into())
}

/// Sends one packet of this many bytes, which is no request.
pub(crate) fn garbage(bytes: usize) -> Attempts {
    of_broker(|broker| raw::sendto(broker, &vec![b'x'; bytes], 0, None).into())
}

/// Sends requests and reads no answer, until there is no room for more.
pub(crate) fn flood(host: &str, port: u16) -> Attempts {
    of_broker(|broker| {
        for id in 0..FLOOD {
            let request = format!("{{\"id\":{},\"host\":\"{host}\",\"port\":{port}}}", u64::MAX - id as u64);
            if let Err(error) = raw::sendto(broker, request.as_bytes(), libc::MSG_DONTWAIT, None) {
                return Attempt { detail: Some(format!("after {id}")), ..Err::<(), io::Error>(error).into() };
            }
        }
        Attempt::saw("there was room for all")
    })
}

fn of_broker(try_it: impl Fn(RawFd) -> Attempt) -> Attempts {
    Attempts::one("packet", broker().map_or_else(|| Attempt::failed("no broker is found"), try_it))
}

/// The socket that keeps packets apart.
fn broker() -> Option<RawFd> {
    let numbers =
        fs::read_dir("/proc/self/fd").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.into_iter().find(|number| kind(*number) == Some(libc::SOCK_SEQPACKET))
}

fn kind(descriptor: RawFd) -> Option<i32> {
    let (mut kind, mut length) = (0i32, size_of::<i32>());
    let option = [libc::SOL_SOCKET as usize, libc::SO_TYPE as usize];
    let result = (&raw mut kind as usize, &raw mut length as usize);
    raw::call(libc::SYS_getsockopt, [descriptor as usize, option[0], option[1], result.0, result.1]).ok()?;
    Some(kind)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_descriptor_can_be_passed() {
        let [one, other] = raw::socketpair(libc::AF_UNIX, libc::SOCK_SEQPACKET).unwrap();
        assert_eq!(kind(one.as_raw_fd()), Some(libc::SOCK_SEQPACKET));
        let (mut held, passed) = UnixStream::pair().unwrap();
        raw::sendmsg(libc::SYS_sendmsg, one.as_raw_fd(), None, Some(passed.as_raw_fd())).unwrap();
        drop(passed);
        held.set_nonblocking(true).unwrap();
        let still_open = held.read(&mut [0]).unwrap_err();
        assert_eq!(still_open.kind(), io::ErrorKind::WouldBlock, "the copy in the packet keeps it open");
        drop(other);
        assert_eq!(held.read(&mut [0]).unwrap(), 0);
    }
}
