//! The process border: the frames that the runner and a plugin host speak.
//!
//! A frame is one JSON document on one line, at most [`MAX_FRAME`] bytes with its line break, over a Unix stream
//! socket. Each is an object with one key, the kind. The order is:
//!
//! ```text
//! runner -> host   {"hello":{...}}     with the library's sealed memory file attached as a descriptor
//! host -> runner   {"hello":{...}}     restrictions are on, nothing of the plugin has run
//! host -> runner   {"loaded":{...}}    the library is loaded; with its metadata, if that was what the runner wants
//! runner -> host   {"start":{...}}     at any time after its hello; or never, when it wanted the metadata
//! host -> runner   log, progress, table, rows, ask   in any number
//! runner -> host   answer (to an ask), alive, cancel
//! host -> runner   {"done":{...}} | {"failed":{...}} | {"panicked":{...}}   the last one
//! ```
//!
//! Both sides treat what they read as hostile: an unknown kind, an unknown field, a frame out of order or too long ends
//! the conversation, and the step fails with `plugin.protocol`. The end of the socket before the last frame is a failure
//! whatever the exit code. Standard output and error of the host are log text, never frames. Times are milliseconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{PluginMetadata, StepError};

/// The number of this protocol.
pub const PROTOCOL: u32 = 1;
/// What the library's memory file is called among the descriptors of the first frame.
pub const LIBRARY_DESCRIPTOR: &str = "library";
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
    /// The runner lives; the host's deadline begins anew, as with every other frame.
    Alive(Alive),
}

/// Who the runner is and what the host must keep to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunnerHello {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The runner's version.
    pub version: String,
    /// The host ends itself when it hears nothing from the runner for this many milliseconds.
    pub deadline_ms: u64,
    /// The most memory (address space) in bytes.
    pub memory_bytes: u64,
    /// TCP ports that the step may connect to.
    pub ports: Vec<u16>,
    /// Whether the runner wants the metadata, and no step.
    pub describe: bool,
    /// The descriptors that come with this frame, in order; [`LIBRARY_DESCRIPTOR`] today.
    pub descriptors: Vec<String>,
}

/// One step to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Start {
    /// Which step type of the plugin.
    pub step: String,
    /// The step's `with:`, expressions evaluated, checked against the schema.
    pub config: Value,
    /// For messages and for the user agent of AWS calls.
    pub execution: ExecutionInfo,
    /// The AWS region, when the step has an account.
    pub region: Option<String>,
    /// Endpoints to use instead of AWS's own, by service name.
    pub endpoints: BTreeMap<String, String>,
}

/// Which execution a step belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecutionInfo {
    /// UUIDv7.
    pub id: String,
    /// The project's name.
    pub project: String,
    /// The job's name.
    pub job: String,
    /// The step's id in the job.
    pub step: String,
}

/// An answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answer {
    /// The number of the ask.
    pub id: u64,
    /// What was asked for, or why not.
    pub result: Result<Given, StepError>,
}

/// What the runner gives.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Given {
    /// Temporary credentials of the step's account.
    Credentials(Credentials),
}

/// Credentials of an account; short-lived unless the account is an access key without a role.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credentials {
    /// The access key id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
    /// When they end, milliseconds since 1970 UTC. Ask again before.
    pub expires_at_ms: Option<i64>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given(..)")
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// Why the step must stop.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cancel {
    /// How long it has before the process is ended.
    pub grace_ms: u64,
}

/// Nothing but a sign of life.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alive {}

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
    /// A table begins.
    Table(TableStart),
    /// Rows of a table.
    #[serde(borrow)]
    Rows(Rows<'a>),
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

/// What the host is, and how it is restricted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostHello {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The host's version, which is the runner's.
    pub version: String,
    /// What was put on, `name` to level (`landlock`: `full`, `partial`, `none`).
    pub restrictions: BTreeMap<String, String>,
}

/// The library is loaded.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Loaded {
    /// What the plugin says of itself, when that is wanted.
    pub metadata: Option<Box<PluginMetadata>>,
}

/// A log line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Log {
    /// How bad.
    pub level: Level,
    /// The text; may have several lines.
    pub text: String,
}

/// How bad a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// What happens.
    Info,
    /// It goes on, but somebody should look.
    Warn,
    /// It does not go on.
    Error,
}

/// What a step is doing now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Progress {
    /// A short line.
    pub text: String,
    /// Between 0 and 1, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<f64>,
}

/// The start of a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TableStart {
    /// The table's name within the step.
    pub table: String,
    /// Column names, in order; every row has as many cells.
    pub columns: Vec<String>,
}

/// Some rows.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rows<'a> {
    /// The table's name.
    pub table: String,
    /// A JSON array of arrays of cells: text, number, boolean or null.
    #[serde(borrow)]
    pub rows: &'a RawValue,
}

/// A question to the runner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ask {
    /// Chosen by the host, not used twice.
    pub id: u64,
    /// For what.
    pub what: Wanted,
}

/// What may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wanted {
    /// The credentials of the step's account.
    Credentials,
}

/// A success.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Done {
    /// Fits the step type's outputs schema.
    pub outputs: Value,
}

/// A panic that the library's guard caught.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Panicked {
    /// What it said.
    pub message: String,
}

/// Why the host did not get as far as the step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refused {
    /// A short word: `restrict`, `load`, `abi`, `start`.
    pub stage: String,
    /// What happened.
    pub message: String,
}
