//! Reading and writing frames in the runner. What comes from a host is hostile: it is bounded before it is parsed.

use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;
use windlass_plugin_api::frames::{MAX_FRAME, ToHost};

/// Frames from a host, one by one.
pub struct FrameReader {
    socket: BufReader<OwnedReadHalf>,
    partial: Vec<u8>,
}

impl FrameReader {
    /// Reads what comes from the other end.
    pub fn new(socket: OwnedReadHalf) -> Self {
        Self { socket: BufReader::with_capacity(64 * 1024, socket), partial: Vec::new() }
    }

    /// The next frame without its line break, or nothing at the end of the socket. Cancel safe: a partial frame is kept.
    ///
    /// # Errors
    /// A sentence, when the frame is too long or the socket ended within it.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        loop {
            let read = self.socket.fill_buf().await.map_err(|error| format!("its socket failed ({error})"))?;
            if read.is_empty() {
                return if self.partial.is_empty() {
                    Ok(None)
                } else {
                    Err("its socket ended within a frame".to_owned())
                };
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            let length = end.unwrap_or(read.len());
            if self.partial.len() + length >= MAX_FRAME {
                return Err(format!("a frame is longer than {MAX_FRAME} bytes"));
            }
            self.partial.extend_from_slice(&read[..length]);
            self.socket.consume(length + usize::from(end.is_some()));
            if end.is_some() {
                return Ok(Some(std::mem::take(&mut self.partial)));
            }
        }
    }
}

/// How long a host may leave a frame unread before nothing more is sent to it. Frames are few and the socket holds many.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// Writes frames to a host.
pub(crate) struct FrameWriter {
    socket: OwnedWriteHalf,
    deaf: bool,
}

impl FrameWriter {
    pub(crate) fn new(socket: OwnedWriteHalf) -> Self {
        Self { socket, deaf: false }
    }

    /// Writes one frame. A host that is gone is noticed by the reader, and one that does not read ends by its deadline, so
    /// a failure here says nothing new.
    pub(crate) async fn send(&mut self, frame: &ToHost) {
        if !self.deaf {
            let line = encode(frame);
            self.deaf = !matches!(timeout(READ_WITHIN, self.socket.write_all(&line)).await, Ok(Ok(())));
        }
    }

    /// Tells the host that there is no runner any more.
    pub(crate) async fn shut_down(&mut self) {
        // A host that is gone already needs not be told.
        let _ = self.socket.shutdown().await;
    }
}

pub(crate) fn encode(frame: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(frame).expect("a frame has text keys only, so it is valid JSON");
    line.push(b'\n');
    line
}
