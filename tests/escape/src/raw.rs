//! System calls without anything between.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};

/// An address as the kernel reads it.
pub(crate) struct Address(Vec<u8>);

impl Address {
    /// No address, which dissolves a connection (connect(2)).
    pub(crate) fn none() -> Self {
        Self(vec![0; 16])
    }

    pub(crate) fn internet(to: SocketAddr) -> Self {
        let (family, port) = (if to.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 }, to.port().to_be_bytes());
        let mut bytes = head(family);
        bytes.extend(port);
        match to {
            SocketAddr::V4(to) => bytes.extend(to.ip().octets().into_iter().chain([0; 8])),
            SocketAddr::V6(to) => bytes.extend([0; 4].into_iter().chain(to.ip().octets()).chain([0; 4])),
        }
        Self(bytes)
    }

    pub(crate) fn path(path: &str) -> Self {
        let mut bytes = head(libc::AF_UNIX);
        bytes.extend(path.bytes().chain([0]));
        Self(bytes)
    }

    fn place(&self) -> usize {
        self.0.as_ptr() as usize
    }
}

fn head(family: i32) -> Vec<u8> {
    let family = u16::try_from(family).unwrap_or_default();
    family.to_ne_bytes().to_vec()
}

#[expect(unsafe_code, reason = "the calls are those that a sandbox must deny, in forms that no wrapper has")]
pub(crate) fn call<const N: usize>(number: libc::c_long, arguments: [usize; N]) -> io::Result<usize> {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&arguments);
    let [a, b, c, d, e, f] = all;
    // SAFETY: what is passed as a pointer outlives the call, and is as long as is said beside it.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

#[expect(unsafe_code, reason = "a number that a call has just returned")]
fn own(descriptor: usize) -> OwnedFd {
    // SAFETY: the call made this descriptor, and nobody else knows of it.
    unsafe { OwnedFd::from_raw_fd(descriptor as RawFd) }
}

pub(crate) fn socket(family: i32, kind: i32) -> io::Result<OwnedFd> {
    call(libc::SYS_socket, [family as usize, kind as usize, 0]).map(own)
}

pub(crate) fn socketpair(family: i32, kind: i32) -> io::Result<[OwnedFd; 2]> {
    let mut pair = [0i32; 2];
    call(libc::SYS_socketpair, [family as usize, kind as usize, 0, pair.as_mut_ptr() as usize])?;
    Ok(pair.map(|descriptor| own(descriptor as usize)))
}

/// `connect` or `bind`.
pub(crate) fn with_address(number: libc::c_long, socket: RawFd, to: &Address) -> io::Result<usize> {
    call(number, [socket as usize, to.place(), to.0.len()])
}

pub(crate) fn sendto(socket: RawFd, bytes: &[u8], flags: i32, to: Option<&Address>) -> io::Result<usize> {
    let (address, length) = to.map_or((0, 0), |to| (to.place(), to.0.len()));
    let flags = (flags | libc::MSG_NOSIGNAL) as usize;
    call(libc::SYS_sendto, [socket as usize, bytes.as_ptr() as usize, bytes.len(), flags, address, length])
}

/// `sendmsg`, or `sendmmsg` of a single message, to an address or with a descriptor or both.
pub(crate) fn sendmsg(
    number: libc::c_long,
    socket: RawFd,
    to: Option<&Address>,
    pass: Option<RawFd>,
) -> io::Result<usize> {
    let mut part = libc::iovec { iov_base: c"x".as_ptr().cast_mut().cast(), iov_len: 1 };
    // One control message of one descriptor (cmsg(3)): length, level, type, and the number, filled up to eight bytes.
    let mut control = [20, libc::SOL_SOCKET as u64 | (libc::SCM_RIGHTS as u64) << 32, pass.unwrap_or(-1) as u32 as u64];
    let header = libc::msghdr {
        msg_name: to.map_or(std::ptr::null_mut(), |to| to.0.as_ptr().cast_mut().cast()),
        msg_namelen: to.map_or(0, |to| to.0.len() as u32),
        msg_iov: &raw mut part,
        msg_iovlen: 1,
        msg_control: if pass.is_some() { control.as_mut_ptr().cast() } else { std::ptr::null_mut() },
        msg_controllen: if pass.is_some() { size_of_val(&control) } else { 0 },
        msg_flags: 0,
    };
    let flags = (libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT) as usize;
    if number == libc::SYS_sendmsg {
        return call(number, [socket as usize, &raw const header as usize, flags]);
    }
    let mut many = [libc::mmsghdr { msg_hdr: header, msg_len: 0 }];
    call(number, [socket as usize, many.as_mut_ptr() as usize, many.len(), flags])
}
