//! Sending and receiving packets with descriptors, as the worst peer would.

use std::io::{IoSlice, IoSliceMut, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

/// Two ends that keep packets apart.
pub(crate) fn pair() -> (OwnedFd, OwnedFd) {
    socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap()
}

/// Sends a packet; false when nobody reads any more, there is no room for it, or it is longer than the system takes.
pub(crate) fn send(socket: &OwnedFd, packet: &[u8], attached: &[&Attached]) -> bool {
    let descriptors: Vec<BorrowedFd<'_>> = attached.iter().map(|attached| attached.sent.as_fd()).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        assert!(ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)));
    }
    sendmsg(socket, &[IoSlice::new(packet)], &mut ancillary, SendFlags::NOSIGNAL | SendFlags::DONTWAIT).is_ok()
}

/// The next packet and its descriptors; nothing at the end.
pub(crate) fn receive(socket: &OwnedFd) -> Option<(Vec<u8>, Vec<OwnedFd>)> {
    let mut bytes = vec![0; 64 * 1024];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut ancillary, RecvFlags::CMSG_CLOEXEC);
    let length = received.ok()?.bytes;
    let descriptors = ancillary.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let descriptors = descriptors.flatten().collect();
    bytes.truncate(length);
    (length > 0).then_some((bytes, descriptors))
}

/// A descriptor to send, and what shows whether it is open anywhere.
pub(crate) struct Attached {
    sent: UnixStream,
    kept: UnixStream,
}

impl Attached {
    pub(crate) fn new() -> Self {
        let (sent, kept) = UnixStream::pair().unwrap();
        Self { sent, kept }
    }

    /// Waits until nobody has the descriptor any more. A leak waits for ever, which the bounds of the target end.
    pub(crate) fn wait_closed(self) {
        let Self { sent, mut kept } = self;
        drop(sent);
        assert_eq!(kept.read(&mut [0]).unwrap(), 0);
    }

    /// Whether what is written there comes out here.
    pub(crate) fn is(&mut self, other: &OwnedFd) -> bool {
        rustix::io::write(other, b"x").unwrap();
        self.kept.set_nonblocking(true).unwrap();
        let came = self.kept.read(&mut [0]).is_ok();
        self.kept.set_nonblocking(false).unwrap();
        came
    }
}
