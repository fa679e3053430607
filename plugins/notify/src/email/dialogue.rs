use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::reply::{Replies, Reply};

/// How long a server may think about a command.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it may think about a message, which it may look at for spam (RFC 5321, section 4.5.3.2.6, has ten minutes).
const LONG_PATIENCE: Duration = Duration::from_secs(600);

/// Commands and replies over a connection (RFC 5321).
pub(super) struct Dialogue<S> {
    stream: S,
    replies: Replies,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Dialogue<S> {
    pub(super) fn over(stream: S) -> Self {
        Self { stream, replies: Replies::default() }
    }

    /// The greeting, or what else the server says unasked.
    pub(super) async fn listen(&mut self) -> io::Result<Reply> {
        patient(PATIENCE, self.replies.next(&mut self.stream)).await
    }

    /// Sends a command, which has no line break, and waits for its reply.
    pub(super) async fn say(&mut self, command: &str) -> io::Result<Reply> {
        debug_assert!(!command.contains(['\r', '\n']), "a command is one line");
        patient(PATIENCE, self.write(format!("{command}\r\n").as_bytes())).await?;
        self.listen().await
    }

    /// Sends a message after `DATA`.
    pub(super) async fn message(&mut self, message: &[u8]) -> io::Result<Reply> {
        patient(LONG_PATIENCE, self.write(&transparent(message))).await?;
        patient(LONG_PATIENCE, self.replies.next(&mut self.stream)).await
    }

    /// The connection, for TLS to begin on it.
    ///
    /// # Errors
    /// When the server has said more than it was asked: somebody on the way may have put that in, to be taken for what was said
    /// under TLS (RFC 3207, section 6).
    pub(super) fn into_stream(self) -> io::Result<S> {
        if self.replies.is_ahead() {
            let what = "it said more before TLS began than it was asked";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(self.stream)
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }
}

async fn patient<T>(limit: Duration, what: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, format!("it said nothing for {limit:?}"));
    timeout(limit, what).await.unwrap_or_else(|_| Err(late()))
}

/// A message with its end, and another dot before each line that begins with one (RFC 5321, section 4.5.2).
fn transparent(message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len() + 64);
    let mut begins = true;
    for &byte in message {
        if begins && byte == b'.' {
            bytes.push(b'.');
        }
        bytes.push(byte);
        begins = byte == b'\n';
    }
    if !bytes.ends_with(b"\r\n") {
        bytes.extend(b"\r\n");
    }
    bytes.extend(b".\r\n");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_does_not_end_a_message() {
        assert_eq!(transparent(b".a\r\n.\r\nb.\r\n"), b"..a\r\n..\r\nb.\r\n.\r\n");
        assert_eq!(transparent(b"a"), b"a\r\n.\r\n");
    }

    /// What an attacker puts after the answer to `STARTTLS` must not be taken for what the server says under TLS.
    #[tokio::test]
    async fn what_was_said_before_tls_is_not_kept() {
        let (near, mut far) = tokio::io::duplex(1024);
        far.write_all(b"220 begin\r\n250 AUTH PLAIN\r\n").await.unwrap();
        let mut dialogue = Dialogue::over(near);
        assert_eq!(dialogue.say("STARTTLS").await.unwrap().code, 220);
        assert!(dialogue.into_stream().is_err());
    }
}
