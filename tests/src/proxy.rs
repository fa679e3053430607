//! A way to a server on loopback that can be cut: what is under way then waits, as it does when a network loses everything.

use crate::{Context as _, Outcome};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The way; it is closed when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    way: Arc<Way>,
}

#[derive(Debug, Default)]
struct Way {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    cut: bool,
    closed: bool,
    streams: Vec<TcpStream>,
}

impl Proxy {
    /// Leads to this port on loopback.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn to(server: u16) -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context(|| "listen on loopback".to_owned())?;
        let port = listener.local_addr().context(|| "listen on loopback".to_owned())?.port();
        let way = Arc::<Way>::default();
        let shared = Arc::clone(&way);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if shared.state().closed {
                    return;
                }
                let way = Arc::clone(&shared);
                thread::spawn(move || way.connect(&near, server));
            }
        });
        Ok(Self { port, way })
    }

    /// Where it begins.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing comes through.
    pub fn cut(&self) {
        self.way.state().cut = true;
    }

    /// What was waiting comes through.
    pub fn mend(&self) {
        self.way.state().cut = false;
        self.way.changed.notify_all();
    }

    /// Ends all connections that there are.
    pub fn break_off(&self) {
        for stream in self.way.state().streams.drain(..) {
            // It may have ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.way.state().closed = true;
        self.mend();
        self.break_off();
        let _wakes_the_listener = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Way {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something may come through.
    fn open(&self) {
        drop(self.changed.wait_while(self.state(), |state| state.cut));
    }

    fn connect(self: Arc<Self>, near: &TcpStream, server: u16) {
        self.open();
        let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else { return };
        let ends = [near, &far].map(TcpStream::try_clone);
        self.state().streams.extend(ends.into_iter().flatten());
        let [Ok(from), Ok(to)] = [far.try_clone(), near.try_clone()] else { return };
        let back = Arc::clone(&self);
        let answers = thread::spawn(move || back.pass_on(from, to));
        if let Ok(near) = near.try_clone() {
            self.pass_on(near, far);
        }
        let _ended = answers.join();
    }

    fn pass_on(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            self.open();
            if to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        self.open();
        let _ = to.shutdown(Shutdown::Write);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_waits_and_comes_through() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let proxy = Proxy::to(listener.local_addr().unwrap().port()).unwrap();
        let mut near = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).unwrap();
        let (mut far, _) = listener.accept().unwrap();
        let mut heard = [0; 1];
        near.write_all(b"a").unwrap();
        far.read_exact(&mut heard).unwrap();
        proxy.cut();
        near.write_all(b"b").unwrap();
        far.set_read_timeout(Some(std::time::Duration::from_millis(100))).unwrap();
        assert!(far.read(&mut heard).is_err(), "it came through");
        far.set_read_timeout(None).unwrap();
        proxy.mend();
        far.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"b");
        proxy.break_off();
        assert_eq!(near.read(&mut heard).unwrap_or(0), 0);
    }
}
