//! One step in one host: what goes in, what comes out, and that nothing is left of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use windlass_errors::{Code, Report};
use windlass_plugin_api::broker::Refusal;
use windlass_plugin_api::frames::{
    ArtifactStart, Bytes, Chart, Containment, Given, Log, Preview, Progress, Start, TableStart, ToHost, Wanted,
};
use windlass_plugin_api::{PluginMetadata, StepError};

use crate::budget::Budget;
use crate::conversation::{Conversation, End};
use crate::opening::{Unready, described, loaded, stopped_early};
use crate::process::{HostProcess, without_result};
use crate::surroundings::Launch;
use crate::{HostLimits, HostingError, Library, Lifeline, Surroundings};

const PIPE_CHUNK: usize = 64 * 1024;
/// A pipe holds no more than a mebibyte; who listens may be slow.
const DRAINED_WITHIN: Duration = Duration::from_secs(60);

/// A step to run.
#[derive(Debug)]
pub struct Assignment {
    /// The first thing the plugin gets.
    pub start: Start,
    /// How long it may take.
    pub timeout: Option<Timeout>,
    /// How long it has to stop after a time-out or a cancellation.
    pub grace: Duration,
    /// Bounds on its host.
    pub limits: HostLimits,
    /// What its host may use.
    pub surroundings: Surroundings,
    /// Until when its host may live.
    pub lifeline: Lifeline,
}

/// The end of a step's time.
#[derive(Clone, Debug)]
pub struct Timeout {
    /// From the step's start.
    pub after: Duration,
    /// Whose time is over and how long that was, to be told then.
    pub message: String,
}

/// Something that a running step said, or that happened to it.
#[derive(Debug)]
pub enum Event {
    /// Its host is restricted: so well.
    Contained(Containment),
    /// It wanted to connect to what it may not.
    Denied(Refusal),
    /// A log line.
    Log(Log),
    /// Raw bytes of standard output.
    Stdout(Vec<u8>),
    /// Raw bytes of standard error.
    Stderr(Vec<u8>),
    /// What it does now.
    Progress(Progress),
    /// Rows to look at meanwhile.
    Preview(Preview),
    /// A table begins.
    Table(TableStart),
    /// Rows of a table.
    Rows {
        /// The table's name.
        table: String,
        /// A JSON array of arrays, as text; that it is one was not checked.
        rows: String,
    },
    /// A chart of a table.
    Chart(Chart),
    /// A file begins.
    Artifact(ArtifactStart),
    /// Bytes of a file, as they came: that they are Base64 was not checked.
    Bytes(Bytes),
}

/// Why a step is to stop before its end, each in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is no longer wanted.
    Cancelled(String),
    /// It, or what it is a part of, ran out of time.
    TimedOut(String),
}

impl Stop {
    /// That somebody cancelled the execution.
    pub fn cancelled() -> Self {
        Self::Cancelled("the execution was cancelled".to_owned())
    }

    /// The code of a step that stopped for this.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Cancelled(_) => "step.cancelled",
            Self::TimedOut(_) => "step.timed-out",
        }
    }

    /// Why, in words.
    pub fn message(&self) -> &str {
        let (Self::Cancelled(message) | Self::TimedOut(message)) = self;
        message
    }
}

/// How a step failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFailure {
    /// The stable code.
    pub code: Code,
    /// What happened, with its causes.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether its code was ended before it could end what it had begun outside: see `Step::abandon` of the plugin api.
    pub cut_off: bool,
}

impl StepFailure {
    /// Whatever a step failed of after the kernel killed some of its processes, this comes first: a program whose helpers
    /// are gone may wait for them until it runs out of time.
    fn after_memory(self, killed: u64) -> Self {
        let were = if killed == 1 { "was" } else { "were" };
        let help = format!(
            "{killed} of its processes {were} killed, for together they needed more memory than `limits.stepMemory`: \
             start fewer of them, or raise it"
        );
        Self { help: Some(help), ..self }
    }
}

/// What a host said of its plugin.
#[derive(Debug)]
pub struct Described {
    /// The plugin's own description.
    pub metadata: PluginMetadata,
    /// What the host was restricted by, and how far.
    pub restrictions: BTreeMap<String, String>,
}

/// Asks a plugin in a host what it says of itself. A manifest says it without one.
///
/// `scratch` is the folder in which programs have their scratch folders.
///
/// # Errors
/// When the host fails or the plugin cannot be used.
pub async fn describe(library: &Library, limits: &HostLimits, scratch: &Path) -> Result<Described, HostingError> {
    if let Some(metadata) = library.metadata() {
        return Ok(Described { metadata: metadata.clone(), restrictions: BTreeMap::new() });
    }
    let launch = Launch::to_describe(library, limits, scratch).map_err(|source| HostingError::NotStarted { source })?;
    let mut host = HostProcess::start(library, launch, &Lifeline::default(), true)?;
    match described(&mut host, &library.identity.name).await {
        Ok(described) => Ok(described),
        Err(Unready::Because(error)) => {
            host.end_now().await;
            Err(error)
        }
        // Nothing is required of it here.
        Err(Unready::Ended | Unready::Contained(_)) => {
            Err(without_result(library.identity.name.clone(), host.end().await))
        }
    }
}

/// Runs one step in a host of its own.
///
/// `answer` is asked for credentials and checkpoints. `events` holds the step back while it is not read. `stop` ends the
/// step early. When this returns, no process of the step is left.
///
/// # Errors
/// How the step failed, for whatever reason.
pub async fn run_step<A, F>(
    library: &Library,
    assignment: Assignment,
    answer: A,
    events: mpsc::Sender<Event>,
    stop: watch::Receiver<Option<Stop>>,
) -> Result<Value, StepFailure>
where
    A: Fn(Wanted) -> F,
    F: Future<Output = Result<Given, StepError>>,
{
    let Assignment { mut start, timeout, grace, limits, surroundings, lifeline } = assignment;
    let plugin = library.identity.name.clone();
    let mut host = launched(library, &limits, &surroundings, &lifeline, events.clone())?;
    start.scratch = host.scratch();
    let budget = Budget::new(limits.output_bytes);
    let pipes = [
        host.stdout.take().map(|pipe| forward(pipe, Event::Stdout, events.clone(), budget.clone())),
        host.stderr.take().map(|pipe| forward(pipe, Event::Stderr, events.clone(), budget.clone())),
    ];
    let opened = tokio::select! {
        opened = opened(&mut host, &plugin, start) => Ok(opened),
        failure = stopped_early(stop.clone(), timeout.as_ref()) => Err(failure),
    };
    let end = match opened {
        Ok(Err(Unready::Contained(containment))) => {
            let required = surroundings.required;
            End::Failed(HostingError::NotContained { plugin: plugin.clone(), containment, required }.into())
        }
        Ok(Ok(containment)) => {
            // Nobody listening any more is no reason to stop the step.
            let _ = events.send(Event::Contained(containment)).await;
            Conversation::new(&plugin, &mut host, answer, &events, &budget).hold(timeout, grace, stop).await
        }
        Ok(Err(Unready::Ended)) => End::HostEnded,
        Ok(Err(Unready::Because(error))) => End::Failed(error.into()),
        Err(failure) => End::Failed(failure),
    };
    let status = if matches!(end, End::Done(_) | End::HostEnded) { host.end().await } else { host.end_now().await };
    let killed_for_memory = host.killed_for_memory();
    host.clear();
    for pipe in pipes.into_iter().flatten() {
        drained(pipe).await;
    }
    let failure = match end {
        _ if budget.is_spent() => HostingError::Flooded { plugin, limit: budget.limit() }.into(),
        End::Done(outputs) => return Ok(outputs),
        End::Failed(failure) => failure,
        End::HostEnded => without_result(plugin, status).into(),
    };
    Err(if killed_for_memory > 0 { failure.after_memory(killed_for_memory) } else { failure })
}

/// A host with its broker.
fn launched(
    library: &Library,
    limits: &HostLimits,
    surroundings: &Surroundings,
    lifeline: &Lifeline,
    events: mpsc::Sender<Event>,
) -> Result<HostProcess, HostingError> {
    let not_started = |source| HostingError::NotStarted { source };
    let mut launch = Launch::of_step(library, limits, surroundings).map_err(not_started)?;
    let told = move |refusal: &Refusal| {
        // A step that says more than is read is told of its refusals all the same; the log is for people.
        let _ = events.try_send(Event::Denied(refusal.clone()));
    };
    launch.connect(surroundings.connections.clone(), told).map_err(not_started)?;
    HostProcess::start(library, launch, lifeline, false)
}

/// Waits for the host, with the step on its way to it: a host reads it when its plugin is loaded.
async fn opened(host: &mut HostProcess, plugin: &str, start: Start) -> Result<Containment, Unready> {
    host.writer.send(&ToHost::Start(Box::new(start))).await;
    loaded(host, plugin).await.map(|ready| ready.containment)
}

/// Waits until everything that was written has been read. Every writer is dead by then, unless somebody killed a supervisor and
/// what it should have ended has a pipe still; that is not waited for.
async fn drained(mut pipe: JoinHandle<()>) {
    if tokio::time::timeout(DRAINED_WITHIN, &mut pipe).await.is_err() {
        pipe.abort();
    }
}

/// Forwards a pipe's bytes; past the budget it reads on and drops them, so that the writer never blocks.
fn forward<P>(mut pipe: P, event: fn(Vec<u8>) -> Event, events: mpsc::Sender<Event>, budget: Budget) -> JoinHandle<()>
where
    P: AsyncRead + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        loop {
            let mut chunk = Vec::with_capacity(PIPE_CHUNK);
            match pipe.read_buf(&mut chunk).await {
                Ok(0) | Err(_) => break,
                Ok(length) if budget.take(length) => {
                    // Nobody listening any more is no reason to block the writer.
                    let _ = events.send(event(chunk)).await;
                }
                Ok(_) => {}
            }
        }
    })
}

impl From<HostingError> for StepFailure {
    fn from(error: HostingError) -> Self {
        let mut message = error.to_string();
        if let Some(source) = std::error::Error::source(&error) {
            message = format!("{message}: {source}");
        }
        Self { code: error.code(), message, help: error.help(), cut_off: true }
    }
}
