//! One end of a stream socket that carries frames, read and written without waiting.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use windlass_plugin_api::frames::MAX_FRAME;

const CHUNK: usize = 64 * 1024;

pub(super) struct Wire {
    socket: OwnedFd,
    /// What was read and has not been taken; `searched` bytes of it have no line break.
    incoming: Vec<u8>,
    searched: usize,
    outgoing: Vec<u8>,
    /// Nothing more comes, and nobody reads.
    ended: bool,
}

impl Wire {
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self { socket, incoming: Vec::new(), searched: 0, outgoing: Vec::new(), ended: false }
    }

    /// Reads what is there, at most a chunk.
    pub(super) fn read(&mut self) {
        let length = self.incoming.len();
        self.incoming.resize(length + CHUNK, 0);
        let received = recv(&self.socket, &mut self.incoming[length..], RecvFlags::DONTWAIT);
        let count = received.map_or(0, |(count, _)| count);
        self.incoming.truncate(length + count);
        match received {
            Ok((0, _)) => self.ended = true,
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.ended = true,
        }
    }

    /// The next frame that is whole, its line break included.
    pub(super) fn next_line(&mut self) -> Option<Vec<u8>> {
        let found = self.incoming[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(found) = found else {
            self.searched = self.incoming.len();
            return None;
        };
        let rest = self.incoming.split_off(self.searched + found + 1);
        self.searched = 0;
        Some(std::mem::replace(&mut self.incoming, rest))
    }

    /// Whether what was read cannot become a frame any more.
    pub(super) fn is_too_long(&self) -> bool {
        self.searched >= MAX_FRAME
    }

    pub(super) fn queue(&mut self, line: &[u8]) {
        if !self.ended {
            self.outgoing.extend_from_slice(line);
        }
    }

    /// How much waits for being read at the other end.
    pub(super) fn unsent(&self) -> usize {
        self.outgoing.len()
    }

    /// Writes what the socket takes.
    pub(super) fn flush(&mut self) {
        let mut sent = 0;
        while sent < self.outgoing.len() {
            match send(&self.socket, &self.outgoing[sent..], SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(count) => sent += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(_) => sent = self.outgoing.len(),
            }
        }
        self.outgoing.drain(..sent);
    }

    /// Writes everything, for at most this time.
    pub(super) fn flush_until(&mut self, within: Duration) {
        let until = Instant::now() + within;
        self.flush();
        while !self.outgoing.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            wait(&mut [PollFd::new(&self.socket, PollFlags::OUT)], Some(left));
            self.flush();
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Waits until one of them is ready or the time is over; an interruption is an early end.
pub(super) fn wait(descriptors: &mut [PollFd<'_>], within: Option<Duration>) {
    let within = within.map(|within| Timespec::try_from(within).expect("a wait is a matter of minutes"));
    let _ = poll(descriptors, within.as_ref());
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    fn pair() -> (Wire, OwnedFd) {
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        (Wire::new(ours), theirs)
    }

    #[test]
    fn lines_come_whole() {
        let (mut wire, other) = pair();
        for part in [&b"one\ntw"[..], b"o\nthr"] {
            send(&other, part, SendFlags::empty()).unwrap();
            wire.read();
        }
        assert_eq!(wire.next_line().as_deref(), Some(&b"one\n"[..]));
        assert_eq!(wire.next_line().as_deref(), Some(&b"two\n"[..]));
        assert_eq!((wire.next_line(), wire.has_ended()), (None, false));
        drop(other);
        wire.read();
        assert_eq!((wire.next_line(), wire.has_ended(), wire.is_too_long()), (None, true, false));
    }

    #[test]
    fn a_line_without_end_is_noticed() {
        let (mut wire, other) = pair();
        let chunk = vec![b'x'; 32 * 1024];
        while !wire.is_too_long() {
            send(&other, &chunk, SendFlags::empty()).unwrap();
            wire.read();
            assert_eq!(wire.next_line(), None);
            assert!(wire.incoming.len() <= MAX_FRAME + CHUNK);
        }
    }

    #[test]
    fn what_is_not_read_waits() {
        let (mut wire, other) = pair();
        let line = vec![b'x'; MAX_FRAME];
        wire.queue(&line);
        wire.flush();
        assert!((1..MAX_FRAME).contains(&wire.unsent()));
        drop(other);
        wire.flush();
        assert_eq!(wire.unsent(), 0, "nobody will read it");
    }
}
