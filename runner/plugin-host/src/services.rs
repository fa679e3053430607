//! What the plugin may call, and the thread that listens to the runner meanwhile.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use windlass_plugin_api::__private::{RStr, RString};
use windlass_plugin_api::StepError;
use windlass_plugin_api::boundary::Host;
use windlass_plugin_api::frames::{Answer, Ask, FromHost, Start, ToHost};

use crate::socket::{Frames, Socket};
use crate::{RUNNER_GONE, restrict};

static SERVICES: OnceLock<Services> = OnceLock::new();

/// One per process, because a process runs one step.
pub(crate) struct Services {
    pub(crate) socket: Socket,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    start: Option<Start>,
    started: bool,
    cancelled: bool,
    /// Questions that wait, and their answers once they are there.
    answers: HashMap<u64, Option<Answer>>,
}

impl Services {
    /// Starts the listening thread.
    pub(crate) fn begin(socket: Socket, deadline_ms: u64) -> &'static Self {
        let frames = socket.frames(Duration::from_millis(deadline_ms.max(1)));
        let services = SERVICES.get_or_init(|| Self { socket, state: Mutex::default(), changed: Condvar::new() });
        match frames {
            Ok(frames) => drop(std::thread::spawn(move || services.listen(frames))),
            Err(_) => restrict::exit(RUNNER_GONE),
        }
        services
    }

    /// Waits for the step; without one the process ends while waiting.
    pub(crate) fn wait_for_start(&self) -> Start {
        let mut state = self.state();
        loop {
            if let Some(start) = state.start.take() {
                return start;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A runner that is gone, silent past the deadline, or incomprehensible ends this process, whatever the plugin does.
    fn listen(&self, mut frames: Frames) {
        while let Some(frame) = frames.next() {
            let mut state = self.state();
            match frame {
                ToHost::Start(start) if !state.started => {
                    state.started = true;
                    state.start = Some(*start);
                }
                ToHost::Answer(answer) => {
                    if let Some(waiting) = state.answers.get_mut(&answer.id) {
                        *waiting = Some(answer);
                    }
                }
                ToHost::Cancel(_) => state.cancelled = true,
                ToHost::Alive(_) => {}
                ToHost::Start(_) | ToHost::Hello(_) => break,
            }
            drop(state);
            self.changed.notify_all();
        }
        restrict::exit(if self.state().started { RUNNER_GONE } else { 0 });
    }

    fn ask(&self, ask: Ask) -> Answer {
        let id = ask.id;
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

    fn wait_cancelled(&self, within: Duration) -> bool {
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The functions that the plugin gets. A panic in them would end the process, so they have none.
pub(crate) fn functions() -> Host {
    Host { send, ask, wait_cancelled }
}

extern "C" fn send(frame: RStr<'_>) -> bool {
    SERVICES.get().is_some_and(|services| services.socket.send_line(frame.as_str()))
}

extern "C" fn ask(ask: RStr<'_>) -> RString {
    let answer = match (SERVICES.get(), serde_json::from_str::<Ask>(ask.as_str())) {
        (Some(services), Ok(ask)) => services.ask(ask),
        _ => Answer { id: 0, result: Err(StepError::new("step.failed", "the question is unreadable")) },
    };
    serde_json::to_string(&answer).unwrap_or_default().into()
}

extern "C" fn wait_cancelled(milliseconds: u64) -> bool {
    SERVICES.get().is_some_and(|services| services.wait_cancelled(Duration::from_millis(milliseconds)))
}
