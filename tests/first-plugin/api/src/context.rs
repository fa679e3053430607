use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use abi_stable::std_types::RStr;
use serde::Serialize;
use tokio::sync::watch;

use crate::boundary::HostRef;
use crate::frames::{
    Answer, Ask, Credentials, ExecutionInfo, FromHost, Given, Level, Log, MAX_FRAME, Progress, Start, Wanted,
};
use crate::{StepError, Table};

/// A running step's way to the runner. Cheap to clone; may be used from any thread of the step.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    host: HostRef,
    start: Start,
    asks: AtomicU64,
    cancelled: OnceLock<watch::Receiver<bool>>,
}

impl Context {
    pub(crate) fn new(host: HostRef, start: Start) -> Self {
        Self(Arc::new(Inner { host, start, asks: AtomicU64::new(1), cancelled: OnceLock::new() }))
    }

    /// Which execution this is.
    pub fn execution(&self) -> &ExecutionInfo {
        &self.0.start.execution
    }

    /// The AWS region of the step.
    ///
    /// # Errors
    /// `step.failed` when the step has no account; a step type with `needs_account` never sees that.
    pub fn region(&self) -> Result<&str, StepError> {
        let region = self.0.start.region.as_deref();
        region.ok_or_else(|| StepError::new("step.failed", "the step has no account, and so no region"))
    }

    /// The endpoint to use for a service instead of AWS's own, if one is configured.
    pub fn endpoint(&self, service: &str) -> Option<&str> {
        self.0.start.endpoints.get(service).map(String::as_str)
    }

    /// Writes a line into the log.
    pub fn log(&self, level: Level, text: impl Into<String>) {
        self.send(&FromHost::Log(Log { level, text: text.into() }));
    }

    /// Writes a line of level `info` into the log.
    pub fn info(&self, text: impl Into<String>) {
        self.log(Level::Info, text);
    }

    /// Writes a line of level `warn` into the log.
    pub fn warn(&self, text: impl Into<String>) {
        self.log(Level::Warn, text);
    }

    /// Shows what the step is doing now; `fraction` between 0 and 1 when known.
    pub fn progress(&self, text: impl Into<String>, fraction: Option<f64>) {
        self.send(&FromHost::Progress(Progress { text: text.into(), fraction }));
    }

    /// Begins a table of results.
    pub fn table(&self, name: impl Into<String>, columns: Vec<String>) -> Table {
        Table::begin(self.clone(), name.into(), columns)
    }

    /// Resolves when the step is to stop.
    pub async fn cancelled(&self) {
        let mut receiver = self.0.cancelled.get_or_init(|| watch_cancel(self.0.host)).clone();
        // The sender lives as long as the waiting thread; should that end, nothing will ever be cancelled.
        if receiver.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Runs `future` to its end unless the step is cancelled first.
    ///
    /// # Errors
    /// [`StepError::cancelled`].
    pub async fn or_cancelled<T>(&self, future: impl Future<Output = T>) -> Result<T, StepError> {
        tokio::select! {
            value = future => Ok(value),
            () = self.cancelled() => Err(StepError::cancelled()),
        }
    }

    /// The credentials of the step's account. They may be short-lived: ask again before they end.
    ///
    /// # Errors
    /// What the runner says: a role that is denied, a source that does not answer, no account.
    pub async fn credentials(&self) -> Result<Credentials, StepError> {
        let this = self.clone();
        let answer = tokio::task::spawn_blocking(move || this.ask(Wanted::Credentials)).await;
        match answer.map_err(|_| StepError::new("step.failed", "asking for credentials was interrupted"))?? {
            Given::Credentials(credentials) => Ok(credentials),
        }
    }

    fn ask(&self, what: Wanted) -> Result<Given, StepError> {
        let ask = Ask { id: self.0.asks.fetch_add(1, Ordering::Relaxed), what };
        let text = serde_json::to_string(&ask).expect("an ask is valid JSON");
        let answer = (self.0.host.ask())(RStr::from_str(&text));
        let answer: Answer = serde_json::from_str(&answer)
            .map_err(|error| StepError::new("step.failed", format!("the runner's answer is unreadable: {error}")))?;
        answer.result
    }

    pub(crate) fn send(&self, frame: &FromHost<'_>) {
        let text = encode(frame);
        if text.len() < MAX_FRAME {
            self.send_text(&text);
        } else if let FromHost::Log(log) = frame {
            let half = log.text.floor_char_boundary(log.text.len() / 2);
            let (first, second) = log.text.split_at(half);
            self.log(log.level, first);
            self.log(log.level, second);
        }
    }

    pub(crate) fn send_text(&self, frame: &str) {
        // False means that the runner is gone; the host process ends by itself then.
        let _ = (self.0.host.send())(RStr::from_str(frame));
    }
}

pub(crate) fn encode(frame: &impl Serialize) -> String {
    serde_json::to_string(frame).expect("a frame has text keys only, so it is valid JSON")
}

fn watch_cancel(host: HostRef) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    std::thread::spawn(move || {
        if (host.wait_cancelled())(u64::MAX) {
            let _ = sender.send(true);
        }
    });
    receiver
}
