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

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::broker::Refusal;
pub use crate::confinement::{Confinement, Containment, Files, NetworkAccess, Program};
use crate::{PluginMetadata, StepError};

/// The number of this protocol.
pub const PROTOCOL: u32 = 1;
/// What a library's memory file is called among the descriptors of the first frame.
pub const LIBRARY_DESCRIPTOR: &str = "library";
/// What a program's memory file is called there.
pub const PROGRAM_DESCRIPTOR: &str = "program";
/// What the socket is called there on which connections are asked for ([`crate::broker`]).
pub const BROKER_DESCRIPTOR: &str = "broker";
/// The stage of a [`Refused`] that is contained worse than required; its message is the level.
pub const CONTAIN_STAGE: &str = "contain";
/// The longest token of a checkpoint in bytes.
pub const MAX_CHECKPOINT: usize = 64 * 1024;
/// The longest frame in bytes, line break included.
pub const MAX_FRAME: usize = 1024 * 1024;

/// The longest frame of a [`Preview`] in bytes, line break included.
pub const MAX_PREVIEW: usize = 64 * 1024;
/// The most rows of a preview.
pub const MAX_PREVIEW_ROWS: usize = 20;

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

/// Who the runner is and what the host must keep to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunnerHello {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The runner's version.
    pub version: String,
    /// When the host ends itself unless an [`Alive`] says later, whatever the plugin does; one that reads this too late calls
    /// no plugin. Milliseconds of the machine's clock that nobody sets and that goes on while it sleeps (`CLOCK_BOOTTIME`).
    pub until_ms: u64,
    /// What the host may use.
    pub confinement: Confinement,
    /// A host that is contained worse refuses, at stage [`CONTAIN_STAGE`], before anything of the plugin has run.
    pub required: Containment,
    /// Whether the runner wants the metadata, and no step.
    pub describe: bool,
    /// How to start the plugin, when it is a program.
    pub program: Option<Program>,
    /// The descriptors that come with this frame, in order: [`LIBRARY_DESCRIPTOR`] or [`PROGRAM_DESCRIPTOR`], then
    /// [`BROKER_DESCRIPTOR`] when there is a step to run.
    pub descriptors: Vec<String>,
}

/// One step to run.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// Which step type of the plugin.
    pub step: String,
    /// The step's `with:`, expressions evaluated, checked against the schema, secrets in the place of the paths of their
    /// keys.
    pub config: Value,
    /// For messages and for the user agent of AWS calls.
    pub execution: ExecutionInfo,
    /// The AWS region, when the step has an account: that of the first of `places`.
    pub region: Option<String>,
    /// Where the step works; none without an account. Since api 1.1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// Endpoints to use instead of AWS's own, by service name.
    pub endpoints: BTreeMap<String, String>,
    /// Certificates of authorities to trust beside the system's, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<String>,
    /// What an earlier host of this step left, and what to do with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
    /// A random secret of this step alone, when its step type takes an account and it has one: by it a plugin knows what it
    /// started itself. Masked in all that the step says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The step's scratch folder, when its plugin is a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scratch: Option<String>,
}

/// The configuration may hold secrets.
impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start").field("step", &self.step).field("execution", &self.execution).finish_non_exhaustive()
    }
}

/// An account in a region. Since api 1.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The account's name in the runner's configuration.
    pub account: String,
    /// The twelve digits of the AWS account that it gives, when they are known without asking AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// `eu-west-1`.
    pub region: String,
}

/// What an earlier host left with [`Wanted::Checkpoint`] before it ended without a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Checkpoint {
    /// Go on from this token to the step's result.
    Resume(String),
    /// End what the token stands for; there will be no result.
    Abandon(String),
}

/// Which execution a step belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
#[serde(rename_all = "camelCase")]
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
    /// The checkpoint is kept: it outlives this process, the runner's and the machine's.
    Kept,
    /// The number of the descriptor of a connected TCP socket, non-blocking and close-on-exec; whoever asked owns it.
    Connection(i32),
    /// There is no connection.
    Refused(Refusal),
    /// What was found of the step's account.
    Verified(Verified),
}

/// What was found of an account, in the order in which it was looked at. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// The twelve digits of the AWS account that the account gives, when the way to it could be gone.
    pub account_id: Option<String>,
    /// Who it is at AWS, then.
    pub arn: Option<String>,
    /// What each check found.
    pub findings: Vec<Finding>,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The source by its name, or a role by its ARN.
    pub hop: String,
    /// The name of the account whose source or role that is.
    pub account: String,
    /// Which check; the runner's documentation lists them.
    pub check: String,
    /// `ok`, `warning`, `failed` or `skipped`.
    pub result: String,
    /// What was found, in one line.
    pub what: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// Credentials of an account; short-lived unless the account is an access key without a role.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
#[serde(rename_all = "camelCase")]
pub struct Cancel {
    /// How long it has before the process is ended.
    pub grace_ms: u64,
}

/// That the metadata is wanted, and no step.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Describe {}

/// A sign of life.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alive {
    /// From now on the host ends itself then; see [`RunnerHello::until_ms`].
    pub until_ms: u64,
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
    /// What all of it comes to.
    pub containment: Containment,
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

/// Rows that show what a step has found so far. They are shown and not kept; a frame of more than [`MAX_PREVIEW`] bytes or
/// [`MAX_PREVIEW_ROWS`] rows breaks the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Preview {
    /// Column names, in order.
    pub columns: Vec<String>,
    /// Cells as text. One that was cut ends in `\u{2026}`: what may be the beginning of a secret there is left out.
    pub rows: Vec<Vec<String>>,
}

/// The start of a table. Sent again for the same table with more columns behind the others, the rows before have nothing in
/// those.
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

/// A chart of a table's columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chart {
    /// The chart's name within the step.
    pub chart: String,
    /// For people.
    pub title: String,
    /// How it is drawn.
    pub kind: ChartKind,
    /// The table that has the values.
    pub table: String,
    /// The column of the horizontal axis.
    pub x: String,
    /// The columns that are drawn.
    pub y: Vec<String>,
    /// A column whose values each have a line or a bar of their own. Since api 1.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
}

/// How a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChartKind {
    /// Lines over time or another ordered column.
    Line,
    /// A bar for each row.
    Bar,
}

/// The start of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArtifactStart {
    /// Its name within the step: a file name without a folder.
    pub artifact: String,
    /// Its media type (RFC 6838).
    pub content_type: String,
}

/// Some bytes of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bytes {
    /// The file's name.
    pub artifact: String,
    /// Base64 with padding (RFC 4648, section 4).
    pub data: String,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Wanted {
    /// The credentials of the step's account, the first of its places.
    Credentials,
    /// The credentials of another of its places. Since api 1.1.
    CredentialsIn {
        /// The number of one of [`Start::places`], from 0.
        place: usize,
    },
    /// That this token is kept instead of the last one, at most [`MAX_CHECKPOINT`] bytes.
    Checkpoint {
        /// What the step needs to go on, or to end what it has begun; no secret.
        token: String,
    },
    /// A connection. The plugin's own process answers it, out of what the [broker](crate::broker) passes to it; a runner that
    /// reads this refuses it.
    Connect {
        /// A name, or an IPv4 or IPv6 address without brackets.
        host: String,
        /// The TCP port.
        port: u16,
    },
    /// A try of the step's account, of that alone, by the runner. A step type that has not declared it is refused. Since
    /// api 1.1.
    Verify {
        /// Whether roles are asked for without their external IDs, which must be refused and is seen in `CloudTrail`.
        external_id_check: bool,
    },
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
    /// A short word: `restrict`, [`CONTAIN_STAGE`], `load`, `start`.
    pub stage: String,
    /// What happened.
    pub message: String,
}
