use std::collections::HashMap;
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::io::retry_on_intr;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendFlags, recvmsg, send};

use crate::broker::{ConnectAnswer, ConnectRequest, MAX_PACKET, MOST_WAITING, Refusal, RefusalKind};

/// Asks the runner's broker for connections, from any thread.
pub(super) struct Connections {
    socket: Arc<OwnedFd>,
    next: AtomicU64,
    waiting: Arc<Waiting>,
    reader: OnceLock<()>,
}

type Outcome = Result<OwnedFd, Refusal>;

#[derive(Default)]
struct Waiting {
    answers: Mutex<Answers>,
    changed: Condvar,
}

#[derive(Default)]
struct Answers {
    open: HashMap<u64, Option<Outcome>>,
    ended: bool,
}

impl Connections {
    pub(super) fn new(socket: OwnedFd) -> Self {
        let (next, waiting) = (AtomicU64::new(1), Arc::default());
        Self { socket: Arc::new(socket), next, waiting, reader: OnceLock::new() }
    }

    pub(super) fn connect(&self, host: &str, port: u16) -> Outcome {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let request = serde_json::to_vec(&ConnectRequest { id, host: host.to_owned(), port });
        let request = request.expect("a request is valid JSON");
        if request.len() > MAX_PACKET {
            return Err(Refusal { kind: RefusalKind::Denied, message: "the host's name is too long".to_owned() });
        }
        self.read_answers();
        self.waiting.begin(id);
        // One system call without an address: what may name another peer is denied here.
        let sent = retry_on_intr(|| send(&*self.socket, &request, SendFlags::NOSIGNAL));
        if !matches!(sent, Ok(sent) if sent == request.len()) {
            return self.waiting.end(id).unwrap_or_else(|| Err(gone()));
        }
        self.waiting.wait_for(id)
    }

    /// The first connection starts the thread; most steps that connect at all need several.
    fn read_answers(&self) {
        self.reader.get_or_init(|| {
            let (socket, waiting) = (Arc::clone(&self.socket), Arc::clone(&self.waiting));
            drop(std::thread::spawn(move || {
                while let Some((id, outcome)) = receive(&socket) {
                    if let Some(slot) = waiting.lock().open.get_mut(&id) {
                        *slot = Some(outcome);
                    }
                    waiting.changed.notify_all();
                }
                waiting.lock().ended = true;
                waiting.changed.notify_all();
            }));
        });
    }
}

impl Waiting {
    /// Waits while the runner would refuse one more.
    fn begin(&self, id: u64) {
        let too_many = |answers: &mut Answers| answers.open.len() >= MOST_WAITING && !answers.ended;
        let mut answers = self.changed.wait_while(self.lock(), too_many).unwrap_or_else(PoisonError::into_inner);
        answers.open.insert(id, None);
    }

    fn wait_for(&self, id: u64) -> Outcome {
        let unanswered = |answers: &mut Answers| matches!(answers.open.get(&id), Some(None)) && !answers.ended;
        drop(self.changed.wait_while(self.lock(), unanswered).unwrap_or_else(PoisonError::into_inner));
        self.end(id).unwrap_or_else(|| Err(gone()))
    }

    fn end(&self, id: u64) -> Option<Outcome> {
        let outcome = self.lock().open.remove(&id).flatten();
        self.changed.notify_all();
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next answer; nothing when the runner is gone.
fn receive(socket: &OwnedFd) -> Option<(u64, Outcome)> {
    let mut bytes = [0; MAX_PACKET];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut attached = RecvAncillaryBuffer::new(&mut space);
    let received =
        retry_on_intr(|| recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut attached, RecvFlags::CMSG_CLOEXEC));
    let received = received.ok()?;
    let mut descriptors = attached.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let connection = descriptors.by_ref().flatten().next();
    let answer: ConnectAnswer = serde_json::from_slice(&bytes[..received.bytes]).ok()?;
    let cut = received.flags.intersects(ReturnFlags::CTRUNC | ReturnFlags::TRUNC);
    Some((
        answer.id,
        match (answer.refused, connection) {
            (Some(refusal), _) => Err(refusal),
            (None, Some(connection)) if !cut => Ok(connection),
            (None, _) => Err(Refusal {
                kind: RefusalKind::Unreachable,
                message: "the connection did not arrive: this process has too many open descriptors".to_owned(),
            }),
        },
    ))
}

fn gone() -> Refusal {
    Refusal { kind: RefusalKind::Unreachable, message: "the runner is gone".to_owned() }
}

#[cfg(test)]
mod tests;
