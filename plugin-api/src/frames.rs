//! The process border: the frames that the runner and a plugin host speak.
//!
//! A frame is one JSON document on one line, at most [`MAX_FRAME`] bytes with its line break, over a Unix stream
//! socket. Each is an object with one key, the kind. The order is:
//!
//! ```text
//! runner -> host   {"hello":{...}}     with the plugin's sealed memory file and the broker's socket attached
//! host -> runner   {"hello":{...}}     restrictions are on, nothing of the plugin has run
//! host -> runner   {"loaded":{...}}    the library is loaded; with its metadata, if that was what the runner wants
//! runner -> host   {"start":{...}}     at any time after its hello; or never, when it wanted the metadata
//! host -> runner   log, progress, preview, table, rows, chart, artifact, bytes, ask   in any number
//! runner -> host   answer (to an ask), alive, cancel
//! host -> runner   {"done":{...}} | {"failed":{...}} | {"panicked":{...}}   the last one
//! ```
//!
//! Both sides treat what they read as hostile: an unknown kind, an unknown field, a frame out of order or too long ends
//! the conversation, and the step fails with `plugin.protocol`. The end of the socket before the last frame is a failure
//! whatever the exit code. Standard output and error of the host are log text, never frames. Times are milliseconds.
//!
//! A plugin that is a program speaks the same frames on descriptor 3. Hello and loaded are its supervisor's: it reads
//! `start` first, and may write anything that follows `loaded` above. The socket of [`broker`](crate::broker) is its
//! descriptor 4. What the runner sends may get more fields in later versions; a plugin ignores those that it does not
//! know.

mod ask;
mod end;
mod opening;
mod said;
mod start;

use serde::{Deserialize, Serialize};

use crate::StepError;
pub use crate::confinement::{Confinement, Containment, Files, NetworkAccess, Program};
pub use ask::{Answer, Ask, Credentials, Finding, Given, MAX_CHECKPOINT, Verified, Wanted};
pub use end::{Alive, Cancel, Done, Panicked};
pub use opening::{
    BROKER_DESCRIPTOR, CONTAIN_STAGE, Describe, HostHello, LIBRARY_DESCRIPTOR, Loaded, PROGRAM_DESCRIPTOR, PROTOCOL,
    Refused, RunnerHello,
};
pub use said::{
    ArtifactStart, Bytes, Chart, ChartKind, Level, Log, MAX_PREVIEW, MAX_PREVIEW_ROWS, Preview, Progress, Rows,
    TableStart,
};
pub use start::{Checkpoint, ExecutionInfo, Place, Start};

/// The longest frame in bytes, line break included.
pub const MAX_FRAME: usize = 1024 * 1024;

/// What the runner sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToHost {
    /// The first frame.
    Hello(RunnerHello),
    /// Run this step.
    Start(Box<Start>),
    /// The answer to an [`FromHost::Ask`].
    Answer(Answer),
    /// Stop soon; the grace period has begun.
    Cancel(Cancel),
    /// Send [`FromHost::Loaded`] with the metadata, and end. Only a supervisor sends it, to a program with a note.
    Describe(Describe),
    /// The runner lives, and so may the host for another while.
    Alive(Alive),
}

/// What the host sends. Row frames keep their rows as text, so that the runner passes them on without building values.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FromHost<'a> {
    /// The restrictions are on.
    Hello(HostHello),
    /// The library is loaded.
    Loaded(Loaded),
    /// A line for the log.
    Log(Log),
    /// What the step is doing now; replaces the last one.
    Progress(Progress),
    /// Rows to look at meanwhile; replaces the last ones. Since api 1.1.
    Preview(Preview),
    /// A table begins.
    Table(TableStart),
    /// Rows of a table.
    #[serde(borrow)]
    Rows(Rows<'a>),
    /// A chart of a table.
    Chart(Chart),
    /// A file of the step's begins.
    Artifact(ArtifactStart),
    /// Bytes of such a file.
    Bytes(Bytes),
    /// A question.
    Ask(Ask),
    /// The step succeeded.
    Done(Done),
    /// The step failed.
    Failed(StepError),
    /// The step panicked.
    Panicked(Panicked),
    /// The library could not be used, or the restrictions could not be put on.
    Refused(Refused),
}
