//! A relay in front of a server that keeps what is said on both sides: how a test learns the keys that were really given
//! out, and what was really asked for.

use crate::{Context, Outcome};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// A relay on a port of 127.0.0.1; dropping it ends it.
#[derive(Debug)]
pub struct Recording {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<u8>>>,
    said: Arc<Mutex<Vec<u8>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Recording {
    /// Relays connections to the server at this URL, `http://ADDRESS:PORT`. Requests arrive unchanged, with the relay's
    /// own address in `Host`, so signatures stay valid.
    ///
    /// # Errors
    /// When the URL is no such one, or no port is free.
    pub fn of(url: &str) -> Outcome<Self> {
        let server: SocketAddr =
            url.trim_start_matches("http://").parse().context(|| format!("take `{url}` for an address"))?;
        let listener = TcpListener::bind("127.0.0.1:0").context(|| "listen".to_owned())?;
        let address = listener.local_addr().context(|| "listen".to_owned())?;
        let (asked, said, stop) = (Arc::default(), Arc::default(), Arc::new(AtomicBool::new(false)));
        let (into, told) = ([Arc::clone(&asked), Arc::clone(&said)], Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for client in listener.incoming().take_while(|_| !told.load(Ordering::Relaxed)).flatten() {
                // A server that is gone shows as a connection that ends at once.
                let _gone = TcpStream::connect(server).and_then(|server| relay(client, server, &into));
            }
        });
        Ok(Self { address, asked, said, stop, thread: Some(thread) })
    }

    /// Where it listens, as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that the server said so far.
    #[must_use]
    pub fn said(&self) -> String {
        text(&self.said)
    }

    /// Everything that clients asked so far.
    #[must_use]
    pub fn asked(&self) -> String {
        text(&self.asked)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _wakes_it = TcpStream::connect(self.address);
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

fn text(bytes: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Each direction has a thread, which ends with its connection.
fn relay(client: TcpStream, server: TcpStream, kept: &[Arc<Mutex<Vec<u8>>>; 2]) -> io::Result<()> {
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    let [asked, said] = kept.each_ref().map(Arc::clone);
    std::thread::spawn(move || {
        let _either_is_gone = record(from_client, &to_server, &asked);
        let _gone = to_server.shutdown(Shutdown::Write);
    });
    std::thread::spawn(move || {
        let _either_is_gone = record(server, &client, &said);
        let _gone = client.shutdown(Shutdown::Both);
    });
    Ok(())
}

/// Kept before it is passed on: whoever has seen an answer finds it here.
fn record(mut from: TcpStream, mut to: &TcpStream, kept: &Mutex<Vec<u8>>) -> io::Result<()> {
    let mut piece = [0; 8192];
    loop {
        let length = from.read(&mut piece)?;
        if length == 0 {
            return Ok(());
        }
        kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&piece[..length]);
        to.write_all(&piece[..length])?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ScriptedLogs, http, scripted::Script};

    #[test]
    fn an_answer_passes_and_is_kept() {
        let server = ScriptedLogs::start(Script::new()).unwrap();
        let recording = Recording::of(&server.url()).unwrap();
        let (status, body) = http::request(recording.address, "GET", "/", &[]).unwrap();
        assert_eq!(status, 400);
        assert!(recording.asked().starts_with("GET / "), "{}", recording.asked());
        assert!(body.contains("MissingAuthenticationToken") && recording.said().ends_with(&body), "{body}");
    }
}
