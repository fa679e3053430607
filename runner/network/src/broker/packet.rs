use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::TcpStream;
use std::os::fd::AsFd as _;

use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use tokio::io::Interest;
use tokio::net::UnixDatagram;
use windlass_plugin_api::broker::{ConnectAnswer, ConnectRequest, MAX_PACKET};

use crate::Refusal;

/// Why no more requests are read.
#[derive(Debug, thiserror::Error)]
pub(super) enum PacketError {
    #[error("the socket for its requests failed: {0}")]
    Socket(#[from] io::Error),
    #[error("it sent a request with descriptors, or one longer than {MAX_PACKET} bytes")]
    Cut,
    #[error("it sent something that is no request: {0}")]
    Unreadable(serde_json::Error),
}

/// The next request; nothing when the other end is closed.
pub(super) async fn receive(socket: &UnixDatagram) -> Result<Option<ConnectRequest>, PacketError> {
    let mut bytes = [0; MAX_PACKET];
    let received = socket.async_io(Interest::READABLE, || read(socket, &mut bytes)).await;
    let (length, flags) = match received {
        // It was closed with answers unread.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
        received => received?,
    };
    if flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(PacketError::Cut);
    }
    if length == 0 {
        return Ok(None);
    }
    serde_json::from_slice(&bytes[..length]).map(Some).map_err(PacketError::Unreadable)
}

/// There is no room for descriptors, so the kernel closes those that come and says that it did (`MSG_CTRUNC`).
fn read(socket: &UnixDatagram, bytes: &mut [u8]) -> io::Result<(usize, ReturnFlags)> {
    let mut no_room = RecvAncillaryBuffer::default();
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let received = recvmsg(socket, &mut [IoSliceMut::new(bytes)], &mut no_room, flags)?;
    Ok((received.bytes, received.flags))
}

/// Sends an answer with its descriptor, of which no copy is left here. Waits while there is no room for it.
pub(super) async fn send(socket: &UnixDatagram, id: u64, outcome: Result<TcpStream, Refusal>) -> io::Result<()> {
    let (connection, refused) = outcome.map_or_else(|refused| (None, Some(refused)), |stream| (Some(stream), None));
    let answer = serde_json::to_vec(&ConnectAnswer { id, refused }).expect("an answer is valid JSON");
    debug_assert!(answer.len() <= MAX_PACKET, "refusals are bounded");
    socket.async_io(Interest::WRITABLE, || write(socket, &answer, connection.as_ref())).await
}

fn write(socket: &UnixDatagram, answer: &[u8], connection: Option<&TcpStream>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut attached = SendAncillaryBuffer::new(&mut space);
    let connection = connection.map(|connection| [connection.as_fd()]);
    if let Some(connection) = &connection {
        let fits = attached.push(SendAncillaryMessage::ScmRights(connection));
        debug_assert!(fits, "there is space for one");
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    sendmsg(socket, &[IoSlice::new(answer)], &mut attached, flags)?;
    Ok(())
}
