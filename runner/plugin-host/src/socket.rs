//! The host's end of the socket.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg};
use windlass_plugin_api::frames::{FromHost, LIBRARY_DESCRIPTOR, MAX_FRAME, PROTOCOL, RunnerHello, ToHost};

use crate::restrict::close_range;

/// 0 becomes `/dev/null`, 1 and 2 are the pipes; of what stands above, only the socket stays open.
const FIRST_ABOVE: i32 = 3;
/// The first frame has one descriptor and is short.
const FIRST_FRAME: usize = 16 * 1024;

/// Writes frames; reading belongs to one thread, see [`Frames`].
pub(crate) struct Socket {
    write: Mutex<UnixStream>,
}

impl Socket {
    /// Moves the socket away from standard input, closes everything else, and reads the first frame.
    pub(crate) fn open() -> io::Result<(Self, RunnerHello, OwnedFd)> {
        let stdin = io::stdin();
        let socket = fcntl_dupfd_cloexec(stdin.as_fd(), FIRST_ABOVE)?;
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        close_all_but(socket.as_raw_fd())?;
        let (hello, library) = first_frame(&socket)?;
        fcntl_setfd(&library, FdFlags::CLOEXEC)?;
        Ok((Self { write: Mutex::new(UnixStream::from(socket)) }, hello, library))
    }

    pub(crate) fn send(&self, frame: &FromHost<'_>) -> bool {
        self.send_line(&serde_json::to_string(frame).expect("a frame has text keys only, so it is valid JSON"))
    }

    /// Sends one frame that is text already. False when it is none, or nobody reads.
    pub(crate) fn send_line(&self, frame: &str) -> bool {
        if frame.len() >= MAX_FRAME || frame.contains('\n') {
            return false;
        }
        let mut line = Vec::with_capacity(frame.len() + 1);
        line.extend_from_slice(frame.as_bytes());
        line.push(b'\n');
        self.write.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line).is_ok()
    }

    /// The reading side. `deadline` is how long a read may wait.
    pub(crate) fn frames(&self, deadline: Duration) -> io::Result<Frames> {
        let read = self.write.lock().unwrap_or_else(PoisonError::into_inner).try_clone()?;
        read.set_read_timeout(Some(deadline))?;
        Ok(Frames { socket: BufReader::new(read) })
    }
}

/// Reads frames from the runner.
pub(crate) struct Frames {
    socket: BufReader<UnixStream>,
}

impl Frames {
    /// The next frame; nothing when the runner is gone, silent for too long, or incomprehensible.
    pub(crate) fn next(&mut self) -> Option<ToHost> {
        let mut line = Vec::new();
        self.socket.by_ref().take(MAX_FRAME as u64).read_until(b'\n', &mut line).ok()?;
        serde_json::from_slice(&line).ok()
    }
}

fn close_all_but(socket: i32) -> io::Result<()> {
    if socket > FIRST_ABOVE {
        close_range(FIRST_ABOVE, socket - 1)?;
    }
    close_range(socket + 1, i32::MAX)
}

/// The next frame may be in the socket already; it is not read along, since descriptors are a barrier for what is received at
/// once (unix(7), "Ancillary messages").
fn first_frame(socket: &OwnedFd) -> io::Result<(RunnerHello, OwnedFd)> {
    let mut bytes = vec![0; FIRST_FRAME];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut attached = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut attached, RecvFlags::CMSG_CLOEXEC)?;
    let mut descriptors = attached.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let library = descriptors.by_ref().flatten().next();
    let unusable = || io::Error::other("the first frame is unusable");
    if received.flags.intersects(ReturnFlags::CTRUNC | ReturnFlags::TRUNC) {
        return Err(unusable());
    }
    let line = bytes[..received.bytes].strip_suffix(b"\n").ok_or_else(unusable)?;
    match (serde_json::from_slice(line), library) {
        (Ok(ToHost::Hello(hello)), Some(library))
            if hello.protocol == PROTOCOL && hello.descriptors == [LIBRARY_DESCRIPTOR] =>
        {
            Ok((hello, library))
        }
        _ => Err(unusable()),
    }
}
