mod pace;
mod packet;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rustix::io::ioctl_fionbio;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair, sockopt};
use tokio::net::UnixDatagram;
use windlass_plugin_api::broker::{ConnectRequest, MOST_WAITING};

use self::pace::Pace;
use self::packet::PacketError;
use crate::{Destination, Network, Refusal, RefusalKind, refusal};

/// Requests that are held at a time: those that wait for a connection, and as many again that are being answered. While
/// there are so many, no more are read, and the asker's own buffer fills up.
const MOST_HELD: usize = 2 * MOST_WAITING;
/// Bytes of the buffer for answers, which the kernel doubles (socket(7)). It bounds the connections that lie in it for an
/// asker that does not take them: they count against the runner's limit of descriptors (unix(7), `ETOOMANYREFS`).
const ANSWERS: usize = 16 * 1024;

/// The runner's end of the socket on which one step asks for connections; see [`windlass_plugin_api::broker`].
#[derive(Debug)]
pub struct Broker {
    socket: OwnedFd,
}

impl Broker {
    /// A broker, and the socket for the step's host. Both are closed on exec. The host's is to be dropped here when the
    /// host has it, or [`serve`](Self::serve) does not end.
    ///
    /// # Errors
    /// When there are no more descriptors.
    pub fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        // The two ends are two open files: that of the host keeps blocking.
        ioctl_fionbio(&ours, true)?;
        sockopt::set_socket_send_buffer_size(&ours, ANSWERS)?;
        Ok((Self { socket: ours }, theirs))
    }

    /// Answers requests until the other end is closed, each in its own time; dropping the future closes this end and ends
    /// the connecting. Needs tokio's input, output and time.
    ///
    /// `refused` hears each refusal of the kind [`RefusalKind::Denied`], at most some hundred a second. An asker that sends
    /// what is no request gets no more answers; `refused` hears of that too.
    pub async fn serve(
        self,
        network: Arc<Network>,
        granted: Vec<Destination>,
        refused: impl Fn(&Refusal) + Send + Sync,
    ) {
        let grant = Grant { network: &network, granted: &granted, refused: &refused };
        if let Err(error) = grant.serve(self.socket).await {
            refused(&refusal::broken(&error));
        }
    }
}

/// What one step may have, and who hears what it may not.
struct Grant<'a, F> {
    network: &'a Network,
    granted: &'a [Destination],
    refused: &'a F,
}

impl<F: Fn(&Refusal) + Send + Sync> Grant<'_, F> {
    async fn serve(&self, socket: OwnedFd) -> Result<(), PacketError> {
        // The type says datagrams; what is used of it is when the socket is ready, which is the same for all.
        let socket = UnixDatagram::from_std(socket.into())?;
        let mut held = FuturesUnordered::new();
        let mut pace = Pace::new(Instant::now());
        loop {
            tokio::select! {
                request = next(&socket, &mut pace), if held.len() < MOST_HELD => match request? {
                    Some(request) => held.push(self.answer(&socket, request, held.len() >= MOST_WAITING)),
                    None => return Ok(()),
                },
                // Of an answer that was lost the asker would hear only if this ended.
                Some(answered) = held.next() => if answered.is_err() {
                    return Ok(());
                },
            }
        }
    }

    /// Fails when the answer does not get there.
    async fn answer(&self, socket: &UnixDatagram, request: ConnectRequest, full: bool) -> io::Result<()> {
        let ConnectRequest { id, host, port } = request;
        let outcome = match full {
            true => Err(refusal::too_many(&host, port)),
            false => self.network.connect(self.granted, &host, port).await,
        };
        if let Err(refusal) = &outcome
            && refusal.kind == RefusalKind::Denied
        {
            (self.refused)(refusal);
        }
        packet::send(socket, id, outcome).await
    }
}

/// The next request when it is its turn. Nothing is lost when this is dropped.
async fn next(socket: &UnixDatagram, pace: &mut Pace) -> Result<Option<ConnectRequest>, PacketError> {
    // A sleep of no length would still cost a tick of the clock.
    if let Some(due) = pace.due(Instant::now()) {
        tokio::time::sleep_until(due.into()).await;
    }
    let request = packet::receive(socket).await?;
    pace.take(Instant::now());
    Ok(request)
}
