//! The host's end of the socket, and the first frame with its descriptors.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::io::fcntl_dupfd_cloexec;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg};
use windlass_plugin_api::frames::{
    BROKER_DESCRIPTOR, LIBRARY_DESCRIPTOR, PROGRAM_DESCRIPTOR, PROTOCOL, RunnerHello, ToHost,
};

use crate::restrict::close_range;

/// 0 becomes `/dev/null`, 1 and 2 are the pipes. 3 to 5 are left free for a program: its sockets, and the script itself.
const FIRST_OWN: i32 = 6;
/// Of what stands above the pipes, only the socket stays open.
const FIRST_ABOVE: i32 = 3;
/// The first frame has few descriptors and is short: folders, arguments and an environment.
const FIRST_FRAME: usize = 256 * 1024;

/// What the runner sent first.
pub(crate) struct Opened {
    pub(crate) socket: OwnedFd,
    pub(crate) hello: RunnerHello,
    pub(crate) plugin: OwnedFd,
    pub(crate) broker: Option<OwnedFd>,
}

/// Moves the socket away from standard input, closes everything else, and reads the first frame.
pub(crate) fn open() -> io::Result<Opened> {
    let stdin = io::stdin();
    let socket = fcntl_dupfd_cloexec(stdin.as_fd(), FIRST_OWN)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    close_all_but(socket.as_raw_fd())?;
    let (hello, descriptors) = first_frame(&socket)?;
    let mut descriptors = descriptors.into_iter();
    let plugin = descriptors.next().ok_or_else(unusable)?;
    Ok(Opened { socket, hello, plugin, broker: descriptors.next() })
}

fn close_all_but(socket: i32) -> io::Result<()> {
    if socket > FIRST_ABOVE {
        close_range(FIRST_ABOVE, socket - 1)?;
    }
    close_range(socket + 1, i32::MAX)
}

/// The next frame may be in the socket already; it is not read along, since descriptors are a barrier for what is received at
/// once (unix(7), "Ancillary messages").
fn first_frame(socket: &OwnedFd) -> io::Result<(RunnerHello, Vec<OwnedFd>)> {
    let mut bytes = vec![0; FIRST_FRAME];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut attached = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut attached, RecvFlags::CMSG_CLOEXEC)?;
    let descriptors = attached.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let descriptors: Vec<OwnedFd> = descriptors.flatten().collect();
    if received.flags.intersects(ReturnFlags::CTRUNC | ReturnFlags::TRUNC) {
        return Err(unusable());
    }
    let line = bytes[..received.bytes].strip_suffix(b"\n").ok_or_else(unusable)?;
    match serde_json::from_slice(line) {
        Ok(ToHost::Hello(hello)) if hello.protocol == PROTOCOL && are_known(&hello, descriptors.len()) => {
            // Numbers below are a program's; duplicates are closed with the vector that is replaced.
            let moved: Result<_, _> = descriptors.iter().map(|found| fcntl_dupfd_cloexec(found, FIRST_OWN)).collect();
            Ok((hello, moved?))
        }
        _ => Err(unusable()),
    }
}

/// Whether what came along is what the frame says, and what there is a use for.
fn are_known(hello: &RunnerHello, count: usize) -> bool {
    let plugin = if hello.program.is_some() { PROGRAM_DESCRIPTOR } else { LIBRARY_DESCRIPTOR };
    let all = [plugin, BROKER_DESCRIPTOR];
    count == hello.descriptors.len() && (1..=all.len()).contains(&count) && hello.descriptors == all[..count]
}

fn unusable() -> io::Error {
    io::Error::other("the first frame is unusable")
}
