use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

use crate::frames::{FromHost, MAX_FRAME, ToHost};

/// Writes frames; reading belongs to one thread, see [`Frames`].
pub struct Socket {
    write: Mutex<UnixStream>,
}

impl Socket {
    /// The plugin's end of the stream socket.
    pub fn new(socket: OwnedFd) -> Self {
        Self { write: Mutex::new(UnixStream::from(socket)) }
    }

    /// Sends one frame; false when it is too long or nobody reads.
    pub fn send(&self, frame: &FromHost<'_>) -> bool {
        self.send_line(&serde_json::to_string(frame).expect("a frame has text keys only, so it is valid JSON"))
    }

    /// Sends one frame that is text already. False when it is none, or nobody reads.
    pub fn send_line(&self, frame: &str) -> bool {
        if frame.len() >= MAX_FRAME || frame.contains('\n') {
            return false;
        }
        let mut line = Vec::with_capacity(frame.len() + 1);
        line.extend_from_slice(frame.as_bytes());
        line.push(b'\n');
        self.write.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line).is_ok()
    }

    /// The reading side.
    ///
    /// # Errors
    /// When there are no more descriptors.
    pub fn frames(&self) -> io::Result<Frames> {
        let read = self.write.lock().unwrap_or_else(PoisonError::into_inner).try_clone()?;
        Ok(Frames { socket: BufReader::new(read) })
    }
}

/// Reads frames from the runner.
pub struct Frames {
    socket: BufReader<UnixStream>,
}

impl Frames {
    /// The next frame; nothing when the runner is gone or incomprehensible.
    pub fn next_frame(&mut self) -> Option<ToHost> {
        serde_json::from_slice(&self.next_line()?).ok()
    }

    /// The next frame as it came, its line break included.
    pub fn next_line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        self.socket.by_ref().take(MAX_FRAME as u64).read_until(b'\n', &mut line).ok()?;
        line.ends_with(b"\n").then_some(line)
    }
}
