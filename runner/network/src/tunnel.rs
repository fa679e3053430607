use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::host::Target;
use crate::{Proxy, Refusal, refusal};

/// The longest head of an answer in bytes.
const LONGEST_HEAD: usize = 8 * 1024;

/// Asks the proxy at the other end of the stream for a tunnel to the target (RFC 9110, section 9.3.6). Afterwards the
/// stream is the tunnel, from its first byte on.
pub(crate) async fn open(
    stream: &mut TcpStream,
    proxy: &Proxy,
    target: &Target,
    until: Instant,
) -> Result<(), Refusal> {
    let answer = timeout_at(until, ask(stream, proxy, target)).await;
    let answer = answer.map_err(|_| refusal::too_late(target, &proxy.through(), "its answer"))?;
    let status = answer.map_err(|source| proxy.disagrees(target, &format!("does not answer: {source}")))?;
    match status {
        Some(200..=299) => Ok(()),
        Some(407) => Err(proxy.disagrees(target, "answers 407: it wants another user or password")),
        Some(status) => Err(proxy.disagrees(target, &format!("answers {status}"))),
        None => Err(proxy.disagrees(target, "answers something that is not HTTP/1.1")),
    }
}

async fn ask(stream: &mut TcpStream, proxy: &Proxy, target: &Target) -> io::Result<Option<u16>> {
    stream.write_all(proxy.request(target).as_bytes()).await?;
    Ok(status(&read_head(stream).await?))
}

/// Reads up to the blank line and not a byte further: what follows belongs to the tunnel. Therefore byte by byte; a head
/// has some hundred. A line may end without the carriage return (RFC 9112, section 2.2).
async fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !(head.ends_with(b"\n\r\n") || head.ends_with(b"\n\n")) {
        if head.len() == LONGEST_HEAD {
            return Err(io::Error::other("its answer is longer than 8 KiB"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

/// The status of an answer: `HTTP/1.1 200 ...` (RFC 9112, section 4).
fn status(head: &[u8]) -> Option<u16> {
    let (_, rest) = head.strip_prefix(b"HTTP/1.")?.split_first_chunk::<2>().filter(|(end, _)| end[1] == b' ')?;
    let (digits, rest) = rest.split_first_chunk::<3>()?;
    let complete = matches!(rest.first(), Some(b' ' | b'\r' | b'\n'));
    let digits = digits.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(digits).ok()).flatten()?;
    complete.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RefusalKind;
    use crate::host::Host;
    use std::time::Duration;
    use tokio::net::TcpListener;

    fn target() -> Target {
        Target { host: Host::Name("service.example".to_owned()), port: 443 }
    }

    fn proxy() -> Proxy {
        Proxy::parse("http://proxy.example:3128").unwrap()
    }

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (ours, listener.accept().await.unwrap().0)
    }

    fn later() -> Instant {
        Instant::now() + crate::TOTAL_TIME
    }

    /// What came of it when the other end said this and closed.
    async fn answered(answer: &[u8]) -> Result<(), Refusal> {
        let (mut ours, mut theirs) = pair().await;
        theirs.write_all(answer).await.unwrap();
        theirs.shutdown().await.unwrap();
        open(&mut ours, &proxy(), &target(), later()).await
    }

    #[tokio::test]
    async fn what_follows_the_blank_line_is_left_for_the_tunnel() {
        for end in ["\r\n\r\n", "\n\n", "\r\nVia: 1.1 a\r\n\r\n"] {
            let (mut ours, mut theirs) = pair().await;
            theirs.write_all(format!("HTTP/1.0 200 OK{end}\r\nfirst").as_bytes()).await.unwrap();
            open(&mut ours, &proxy(), &target(), later()).await.unwrap();
            let mut first = [0; 7];
            ours.read_exact(&mut first).await.unwrap();
            assert_eq!(&first, b"\r\nfirst", "{end:?}");
        }
    }

    #[tokio::test]
    async fn any_2xx_will_do() {
        answered(b"HTTP/1.1 204\r\n\r\n").await.unwrap();
    }

    #[tokio::test]
    async fn a_refusal_names_the_proxy_and_the_status() {
        let refused = answered(b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno").await.unwrap_err();
        assert_eq!(refused.kind, RefusalKind::Unreachable);
        let expected = "cannot connect to `service.example:443`: the proxy `proxy.example:3128` answers 503";
        assert_eq!(refused.message, expected);
        assert!(answered(b"HTTP/1.1 407 A\r\n\r\n").await.unwrap_err().message.contains("user or password"));
    }

    #[tokio::test]
    async fn what_is_no_answer_is_refused() {
        for answer in ["SSH-2.0-x\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 +20\r\n\r\n"] {
            let refused = answered(answer.as_bytes()).await.unwrap_err();
            assert!(refused.message.contains("not HTTP/1.1"), "{answer}: {}", refused.message);
        }
        assert!(answered(b"HTTP/1.1 200 OK\r\n").await.unwrap_err().message.contains("does not answer"));
        let long = [b"HTTP/1.1 200 OK\r\n".as_slice(), &[b'a'; LONGEST_HEAD]].concat();
        assert!(answered(&long).await.unwrap_err().message.contains("longer than 8 KiB"));
    }

    /// The other end never answers, so however short the time is, nothing else can happen.
    #[tokio::test]
    async fn a_silent_proxy_is_given_up() {
        let (mut ours, _theirs) = pair().await;
        let until = Instant::now() + Duration::from_millis(20);
        let refused = open(&mut ours, &proxy(), &target(), until).await.unwrap_err();
        assert_eq!(refused.kind, RefusalKind::TimedOut);
    }
}
