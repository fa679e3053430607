//! A plugin's end of the conversation with the runner, for the plugin host and for programs: sending frames, the thread
//! that listens meanwhile, and the functions of [`Host`] on top of them.

mod connections;
mod socket;

use std::collections::HashMap;
use std::os::fd::{IntoRawFd as _, OwnedFd};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use abi_stable::std_types::{RStr, RString};

use crate::StepError;
use crate::boundary::Host;
use crate::broker::{Refusal, RefusalKind};
use crate::frames::{Alive, Answer, Ask, FromHost, Given, Start, ToHost, Wanted};
use connections::Connections;
pub use socket::{Frames, Socket};

static PEER: OnceLock<Peer> = OnceLock::new();

/// What this process has been told. One per process, because a process runs one step.
pub struct Peer {
    /// Where frames go.
    pub socket: Socket,
    connections: Option<Connections>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    start: Option<Start>,
    started: bool,
    describe: bool,
    cancelled: bool,
    /// Questions that wait, and their answers once they are there.
    answers: HashMap<u64, Option<Answer>>,
}

impl Peer {
    /// Starts the listening thread. `alive` is told each time until when the process may live. `ended` ends the process when
    /// the runner is gone or incomprehensible, whatever the plugin does; it is told whether a step had been started.
    ///
    /// # Panics
    /// When it is called twice.
    pub fn begin(
        socket: Socket,
        broker: Option<OwnedFd>,
        mut alive: impl FnMut(Alive) + Send + 'static,
        ended: fn(bool) -> !,
    ) -> &'static Self {
        let frames = socket.frames();
        assert!(PEER.set(Self::new(socket, broker)).is_ok(), "a process runs one step");
        let peer = PEER.get().expect("it was set just now");
        match frames {
            Ok(frames) => drop(std::thread::spawn(move || ended(peer.listen(frames, &mut alive)))),
            Err(_) => ended(false),
        }
        peer
    }

    /// One that nobody listens for; a process makes its own with [`Self::begin`].
    pub fn new(socket: Socket, broker: Option<OwnedFd>) -> Self {
        let connections = broker.map(Connections::new);
        Self { socket, connections, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits for the step; without one the process ends while waiting. Nothing when the metadata is wanted instead.
    pub fn wait_for_start(&self) -> Option<Start> {
        let mut state = self.state();
        loop {
            if state.describe {
                return None;
            }
            if let Some(start) = state.start.take() {
                return Some(start);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Hears frames until the runner is gone or says what it may not say now. Returns whether a step had been started.
    pub fn listen(&self, mut frames: Frames, alive: &mut dyn FnMut(Alive)) -> bool {
        while let Some(frame) = frames.next_frame() {
            let mut state = self.state();
            match frame {
                ToHost::Start(start) if !state.started => {
                    state.started = true;
                    state.start = Some(*start);
                }
                ToHost::Describe(_) if !state.started => state.describe = true,
                ToHost::Answer(answer) => {
                    if let Some(waiting) = state.answers.get_mut(&answer.id) {
                        *waiting = Some(answer);
                    }
                }
                ToHost::Cancel(_) => state.cancelled = true,
                ToHost::Alive(until) => alive(until),
                ToHost::Start(_) | ToHost::Describe(_) | ToHost::Hello(_) => break,
            }
            drop(state);
            self.changed.notify_all();
        }
        self.state().started
    }

    /// Asks the runner, or its broker, and waits for the answer.
    pub fn ask(&self, ask: Ask) -> Answer {
        let id = ask.id;
        if let Wanted::Connect { host, port } = &ask.what {
            let given = match self.connect(host, *port) {
                Ok(connection) => Given::Connection(connection.into_raw_fd()),
                Err(refusal) => Given::Refused(refusal),
            };
            return Answer { id, result: Ok(given) };
        }
        let refused = |why: &str| Answer { id, result: Err(StepError::new("step.failed", why)) };
        if self.state().answers.insert(id, None).is_some() {
            return refused("a question of this number is open");
        }
        if !self.socket.send(&FromHost::Ask(ask)) {
            return refused("the runner is gone");
        }
        let mut state = self.state();
        loop {
            if let Some(Some(_)) = state.answers.get(&id) {
                return state.answers.remove(&id).flatten().unwrap_or_else(|| refused("the answer was taken"));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until the step is cancelled; false when that did not happen within this time.
    pub fn wait_cancelled(&self, within: Duration) -> bool {
        let until = Instant::now().checked_add(within);
        let mut state = self.state();
        while !state.cancelled {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            match left {
                Some(Duration::ZERO) => return false,
                Some(left) => state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
        true
    }

    fn connect(&self, host: &str, port: u16) -> Result<OwnedFd, Refusal> {
        match &self.connections {
            Some(connections) => connections.connect(host, port),
            None => {
                Err(Refusal { kind: RefusalKind::Denied, message: "this process has no way to connect".to_owned() })
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The functions that a plugin gets. A panic in them would end the process, so they have none.
pub fn functions() -> Host {
    Host { send, ask, wait_cancelled }
}

extern "C" fn send(frame: RStr<'_>) -> bool {
    PEER.get().is_some_and(|peer| peer.socket.send_line(frame.as_str()))
}

extern "C" fn ask(ask: RStr<'_>) -> RString {
    let answer = match (PEER.get(), serde_json::from_str::<Ask>(ask.as_str())) {
        (Some(peer), Ok(ask)) => peer.ask(ask),
        _ => Answer { id: 0, result: Err(StepError::new("step.failed", "the question is unreadable")) },
    };
    serde_json::to_string(&answer).unwrap_or_default().into()
}

extern "C" fn wait_cancelled(milliseconds: u64) -> bool {
    PEER.get().is_some_and(|peer| peer.wait_cancelled(Duration::from_millis(milliseconds)))
}
