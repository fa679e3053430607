//! The other end of a broker: what a step's host does.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, recvmsg, send};
use windlass_network::{Broker, Destination, Network, Refusal};
use windlass_plugin_api::broker::{ConnectAnswer, ConnectRequest, MAX_PACKET};

/// Bounds a test that would hang; it says nothing about speed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Asker {
    pub(crate) socket: OwnedFd,
}

/// A broker in a thread of its own.
pub(crate) struct Served {
    refusals: Receiver<Refusal>,
    thread: JoinHandle<()>,
}

/// A broker for these destinations, and its other end.
pub(crate) fn serve(network: Network, granted: &[Destination]) -> (Asker, Served) {
    let (broker, socket) = Broker::pair().unwrap();
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE)).unwrap();
    let (sender, refusals) = channel();
    let granted = granted.to_vec();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().unwrap();
        let refused = move |refusal: &Refusal| sender.send(refusal.clone()).unwrap();
        runtime.block_on(async { tokio::spawn(broker.serve(Arc::new(network), granted, refused)).await }).unwrap();
    });
    (Asker { socket }, Served { refusals, thread })
}

impl Served {
    /// Waits until the broker has ended by itself; what it refused.
    pub(crate) fn ended(self) -> Vec<Refusal> {
        let mut all = Vec::new();
        loop {
            match self.refusals.recv_timeout(PATIENCE) {
                Ok(refusal) => all.push(refusal),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the broker does not end"),
            }
        }
        self.thread.join().unwrap();
        all
    }
}

impl Asker {
    pub(crate) fn ask(&self, id: u64, host: &str, port: u16) {
        let request = ConnectRequest { id, host: host.to_owned(), port };
        send(&self.socket, &serde_json::to_vec(&request).unwrap(), SendFlags::NOSIGNAL).unwrap();
    }

    /// The next answer, or that there will be none.
    pub(crate) fn try_answer(&self) -> io::Result<(u64, Result<TcpStream, Refusal>)> {
        let mut bytes = [0; MAX_PACKET];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut attached = RecvAncillaryBuffer::new(&mut space);
        let mut slices = [IoSliceMut::new(&mut bytes)];
        let length = recvmsg(&self.socket, &mut slices, &mut attached, RecvFlags::CMSG_CLOEXEC)?.bytes;
        let mut descriptors = attached.drain().flat_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => descriptors.collect::<Vec<_>>(),
            _ => Vec::new(),
        });
        let (first, second) = (descriptors.next(), descriptors.next());
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let answer: ConnectAnswer = serde_json::from_slice(&bytes[..length]).unwrap();
        assert_eq!(first.is_some(), answer.refused.is_none(), "a connection has a descriptor, a refusal has none");
        assert!(second.is_none(), "never more than one descriptor");
        Ok((answer.id, answer.refused.map_or_else(|| Ok(TcpStream::from(first.unwrap())), Err)))
    }

    pub(crate) fn answer(&self) -> (u64, Result<TcpStream, Refusal>) {
        self.try_answer().unwrap()
    }
}
