use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use abi_stable::std_types::RStr;
use serde::Serialize;
use tokio::sync::watch;

use crate::boundary::HostRef;
use crate::frames::{
    Answer, Ask, Chart, Checkpoint, Credentials, ExecutionInfo, FromHost, Given, Level, Log, MAX_CHECKPOINT, MAX_FRAME,
    Place, Progress, Start, Verified, Wanted,
};
use crate::{Artifact, Cell, StepError, Table, preview};

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
    /// What an earlier process of this step left.
    pub(crate) fn left(&self) -> Option<Checkpoint> {
        self.0.start.checkpoint.clone()
    }

    pub(crate) fn new(host: HostRef, start: Start) -> Self {
        Self(Arc::new(Inner { host, start, asks: AtomicU64::new(1), cancelled: OnceLock::new() }))
    }

    /// Which execution this is.
    pub fn execution(&self) -> &ExecutionInfo {
        &self.0.start.execution
    }

    /// Where the step works: each of its accounts in each of its regions, in the order in which its configuration names them
    /// ([`Account`](crate::fields::Account), [`Region`](crate::fields::Region)), accounts outermost. At least one when the
    /// step has an account; the first is what [`Self::region`] and [`Self::credentials`] mean. Since api 1.1.
    pub fn places(&self) -> &[Place] {
        &self.0.start.places
    }

    /// The AWS region of the step.
    ///
    /// # Errors
    /// `step.failed` when the step has no account; a step type with `needs_account` never sees that, and one with
    /// `takes_account` knows by it.
    pub fn region(&self) -> Result<&str, StepError> {
        let region = self.0.start.region.as_deref();
        region.ok_or_else(|| StepError::new("step.failed", "the step has no account, and so no region"))
    }

    /// The endpoint to use for a service instead of AWS's own, if one is configured.
    pub fn endpoint(&self, service: &str) -> Option<&str> {
        self.0.start.endpoints.get(service).map(String::as_str)
    }

    /// The endpoints to use instead of AWS's own, by endpoint prefix.
    pub fn endpoints(&self) -> &BTreeMap<String, String> {
        &self.0.start.endpoints
    }

    /// A random secret of this step alone, for a step type with `takes_account` that has an account: by it a plugin knows what
    /// it started itself. The runner masks it.
    pub fn token(&self) -> Option<&str> {
        self.0.start.token.as_deref()
    }

    /// Certificates of authorities that steps trust beside the system's, PEM. [`http`](crate::http) and the AWS SDK's
    /// configuration know them already.
    pub fn certificates(&self) -> Option<&str> {
        self.0.start.certificates.as_deref()
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

    /// Shows rows of what the step has found so far, in the place of those shown before; they are not kept. Of more than
    /// [`MAX_PREVIEW_ROWS`](crate::frames::MAX_PREVIEW_ROWS) rows the first are shown, long cells are cut.
    pub fn preview(&self, columns: Vec<String>, rows: Vec<Vec<Cell<'_>>>) {
        self.send_text(&preview::frame(columns, rows));
    }

    /// Begins a table of results.
    pub fn table(&self, name: impl Into<String>, columns: Vec<String>) -> Table {
        Table::begin(self.clone(), name.into(), columns)
    }

    /// Shows columns of a table as a chart; the table itself stays for reading.
    pub fn chart(&self, chart: Chart) {
        self.send(&FromHost::Chart(chart));
    }

    /// Begins a file that is kept with the execution. `name` is a file name without a folder, `content_type` a media type.
    pub fn artifact(&self, name: impl Into<String>, content_type: impl Into<String>) -> Artifact {
        Artifact::begin(self.clone(), name.into(), content_type.into())
    }

    /// A folder of this step alone, which is removed after it; a library has none.
    pub fn scratch(&self) -> Option<&Path> {
        self.0.start.scratch.as_deref().map(Path::new)
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
        self.given_credentials(Wanted::Credentials).await
    }

    /// The credentials of one of [`Self::places`], by its number there. Ask again before they end. Since api 1.1.
    ///
    /// # Errors
    /// Those of [`Self::credentials`]; a number that is none of a place.
    pub async fn credentials_in(&self, place: usize) -> Result<Credentials, StepError> {
        self.given_credentials(Wanted::CredentialsIn { place }).await
    }

    pub(crate) async fn given_credentials(&self, wanted: Wanted) -> Result<Credentials, StepError> {
        match self.ask_apart(wanted).await? {
            Given::Credentials(credentials) => Ok(credentials),
            _ => Err(StepError::new("step.failed", "the runner gave something else than credentials")),
        }
    }

    /// Has the runner try the step's account: each hop on the way to it, and what must be refused. With
    /// `external_id_check`, roles are asked for without their external IDs too, which is seen in `CloudTrail`.
    ///
    /// A step that ends in an error after something was found that fails, ends with the runner's `account.verify-failed`.
    ///
    /// # Errors
    /// When the step type does not declare [`verifies_account`](crate::StepInfo::verifies_account), or the step has no
    /// account. What is wrong with the account is no error.
    pub async fn verify(&self, external_id_check: bool) -> Result<Verified, StepError> {
        match self.ask_apart(Wanted::Verify { external_id_check }).await? {
            Given::Verified(verified) => Ok(verified),
            _ => Err(StepError::new("step.failed", "the runner gave something else than what it found")),
        }
    }

    /// Leaves a token with which another process of this step can go on or end what it has begun, should this one end
    /// without a result. When this returns, the token outlives process, runner and machine; it replaces the last one.
    /// It is shown to people and must not be a secret.
    ///
    /// # Errors
    /// When it is longer than [`MAX_CHECKPOINT`] bytes, or could not be kept.
    pub async fn checkpoint(&self, token: impl Into<String>) -> Result<(), StepError> {
        let token = token.into();
        if token.len() > MAX_CHECKPOINT {
            let length = token.len();
            return Err(StepError::new("step.failed", format!("a checkpoint of {length} bytes is too long to keep")));
        }
        self.ask_apart(Wanted::Checkpoint { token }).await.map(|_| ())
    }

    /// Asks on a thread of its own, since waiting for the answer blocks it.
    async fn ask_apart(&self, what: Wanted) -> Result<Given, StepError> {
        let this = self.clone();
        let answer = tokio::task::spawn_blocking(move || this.ask(what)).await;
        answer.map_err(|_| StepError::new("step.failed", "asking the runner was interrupted"))?
    }

    pub(crate) fn ask(&self, what: Wanted) -> Result<Given, StepError> {
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
