use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The most bytes of a reply that are read; RFC 5321 (4.5.3.1.5) has lines of 512.
const LONGEST: usize = 16 * 1024;

/// What a server says to a command (RFC 5321, section 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// Three digits.
    pub(super) code: u16,
    /// The texts of its lines.
    pub(super) lines: Vec<String>,
}

impl Reply {
    pub(super) fn is_positive(&self) -> bool {
        matches!(self.code, 200..=399)
    }

    /// Whether the same may succeed later (4yz).
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.code, 400..=499)
    }

    /// `550 no such user`, on one line.
    pub(super) fn said(&self) -> String {
        const MOST: usize = 300;
        let mut text = format!("{} {}", self.code, self.lines.join(" "));
        text.retain(|c| !c.is_control());
        text.truncate(text.floor_char_boundary(MOST));
        text.trim_end().to_owned()
    }
}

/// Replies of a server, with what was read beyond the last one.
#[derive(Default)]
pub(super) struct Replies {
    read: Vec<u8>,
}

impl Replies {
    /// Whether the server has said more than it was asked for.
    pub(super) fn is_ahead(&self) -> bool {
        !self.read.is_empty()
    }

    /// The next one.
    ///
    /// # Errors
    /// When the connection ends, and for what is no reply.
    pub(super) async fn next(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Reply> {
        let mut lines = Vec::new();
        loop {
            let line = self.line(stream).await?;
            let (code, last, text) = parse(&line).ok_or_else(|| odd("what came is no SMTP"))?;
            lines.push(text.to_owned());
            if last {
                return Ok(Reply { code, lines });
            }
            if lines.len() > LONGEST / 16 {
                return Err(odd("a reply has too many lines"));
            }
        }
    }

    async fn line(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
        loop {
            if let Some(end) = self.read.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.read.len() > LONGEST {
                return Err(odd("a reply is too long"));
            }
            if stream.read_buf(&mut self.read).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server hung up"));
            }
        }
    }
}

/// `250-SIZE 1000`, or `250 ok` for the last line.
fn parse(line: &str) -> Option<(u16, bool, &str)> {
    let (code, rest) = line.split_at_checked(3)?;
    let code = code.bytes().all(|byte| byte.is_ascii_digit()).then(|| code.parse().ok()).flatten()?;
    match rest.as_bytes().first() {
        None => Some((code, true, "")),
        Some(b' ') => Some((code, true, &rest[1..])),
        Some(b'-') => Some((code, false, &rest[1..])),
        Some(_) => None,
    }
}

fn odd(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn first(mut said: &[u8]) -> io::Result<(Reply, bool)> {
        let mut replies = Replies::default();
        let reply = replies.next(&mut said).await?;
        Ok((reply, replies.is_ahead()))
    }

    #[tokio::test]
    async fn a_reply_has_one_line_or_more() {
        let reply = |code, lines: &[&str]| Reply { code, lines: lines.iter().map(ToString::to_string).collect() };
        assert_eq!(first(b"220 mx\r\n").await.unwrap(), (reply(220, &["mx"]), false));
        let (several, ahead) = first(b"250-mx\r\n250-STARTTLS\r\n250 SIZE\r\n250 more\r\n").await.unwrap();
        assert_eq!((several, ahead), (reply(250, &["mx", "STARTTLS", "SIZE"]), true));
        assert_eq!(first(b"250\r\n").await.unwrap().0, reply(250, &[""]));
    }

    #[tokio::test]
    async fn what_is_no_reply_ends_it() {
        for said in [&b"HTTP/1.1 400\r\n"[..], b"25\r\n", b"2500 x\r\n", b"+50 x\r\n", b"250-mx\r\n", b"250 mx"] {
            assert!(first(said).await.is_err(), "{}", String::from_utf8_lossy(said));
        }
        assert!(first(&vec![b'2'; 2 * LONGEST]).await.is_err());
        assert!(first(&b"250-\r\n".repeat(LONGEST)).await.is_err());
    }

    #[test]
    fn what_was_said_is_one_line() {
        let reply = Reply { code: 550, lines: vec!["5.1.1 no\x1b".to_owned(), "such user".to_owned()] };
        assert_eq!(reply.said(), "550 5.1.1 no such user");
    }
}
