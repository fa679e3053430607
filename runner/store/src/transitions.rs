use uuid::Uuid;

use crate::{State, Stream};

/// One thing that happened to an execution. [`Store::commit`](crate::Store::commit) records it if it follows from what
/// is recorded already. Times (`at`) are milliseconds since 1970 UTC, positions count a job's steps from 0.
#[derive(Clone, Debug)]
pub enum Transition {
    /// An execution and its steps are queued.
    Created {
        /// The execution.
        execution: NewExecution,
        /// All steps of the job.
        steps: Vec<NewStep>,
    },
    /// A queued execution runs.
    Started {
        /// The execution's id.
        execution: Uuid,
        /// When.
        at: i64,
    },
    /// A queued step of a running execution runs.
    StepStarted {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// When.
        at: i64,
        /// The hash of the plugin's bytes, in hex.
        plugin_sha256: String,
    },
    /// A step has ended: a running one in any way but `skipped`, a queued one in any way but `succeeded`.
    StepEnded {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// How.
        ending: Ending,
        /// The step's outputs, a JSON object.
        outputs: Option<String>,
    },
    /// The host of a running step has said how well it is contained.
    Contained {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// `full`, `partial` or `open`.
        containment: String,
    },
    /// A running step has left a checkpoint, which replaces its last one.
    Checkpoint {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// What its plugin can go on from.
        token: String,
    },
    /// A chart of a table of a step; one of the same name is replaced.
    Chart {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// The chart's name.
        chart: String,
        /// How it is drawn and from what, JSON.
        definition: String,
    },
    /// More of a file of a step. The first bytes make the file.
    Bytes {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// The file's name.
        artifact: String,
        /// Its media type.
        content_type: String,
        /// The number of this piece; each is unique in its file, and they are read back in this order.
        seq: i64,
        /// The bytes; kept compressed.
        data: Vec<u8>,
    },
    /// More log of a step.
    Log {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// The log.
        chunk: LogChunk,
    },
    /// More rows of a result table of a step. The first rows make the table.
    Rows {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// The table's name.
        table: String,
        /// The table's columns as they are known now, JSON.
        columns: String,
        /// The number of this piece; each is unique in its table, and they are read back in this order.
        seq: i64,
        /// How many rows are in `data`.
        rows: i64,
        /// The rows, one JSON text a line; kept compressed.
        data: Vec<u8>,
    },
    /// An execution has ended, after all its steps have.
    Ended {
        /// The execution's id.
        execution: Uuid,
        /// How.
        ending: Ending,
    },
}

/// What is known of an execution before it runs.
#[derive(Clone, Debug)]
pub struct NewExecution {
    /// A UUID of version 7, so that ids sort by time.
    pub id: Uuid,
    /// The project that the job belongs to.
    pub project: String,
    /// The job's name.
    pub job: String,
    /// The job file as it was read.
    pub job_text: String,
    /// The values of the job's options, a JSON object without secrets.
    pub options: String,
    /// When it was asked for.
    pub queued_at: i64,
}

/// A step of an execution before it runs.
#[derive(Clone, Debug)]
pub struct NewStep {
    /// Its place in the job, from 0.
    pub position: i32,
    /// Its id in the job.
    pub step: String,
    /// Its step type.
    pub uses: String,
}

/// How and when something ended.
#[derive(Clone, Debug)]
pub struct Ending {
    /// A state that [has ended](State::has_ended).
    pub state: State,
    /// The error code, when there was an error.
    pub code: Option<String>,
    /// The reason for people.
    pub reason: Option<String>,
    /// When.
    pub at: i64,
}

/// A piece of log, masked and not compressed: the store does that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChunk {
    /// The number of this piece; each is unique in its step, and they are read back in this order.
    pub seq: i64,
    /// Where it came from.
    pub stream: Stream,
    /// When its first byte came.
    pub first_at: i64,
    /// When its last byte came.
    pub last_at: i64,
    /// The bytes.
    pub data: Vec<u8>,
}

impl Transition {
    /// The transition in words, and whose it is.
    pub(crate) fn described(&self) -> (String, String) {
        match self {
            Self::Created { execution, .. } => ("the creation".into(), named(execution.id)),
            Self::Started { execution, .. } => ("the start".into(), named(*execution)),
            Self::Ended { execution, ending } => (format!("the end (`{}`)", ending.state), named(*execution)),
            Self::StepStarted { execution, position, .. } => ("the start".into(), named_step(*execution, *position)),
            Self::StepEnded { execution, position, ending, .. } => {
                (format!("the end (`{}`)", ending.state), named_step(*execution, *position))
            }
            Self::Contained { execution, position, .. } => {
                ("the containment".into(), named_step(*execution, *position))
            }
            Self::Checkpoint { execution, position, .. } => ("a checkpoint".into(), named_step(*execution, *position)),
            Self::Chart { execution, position, chart, .. } => {
                (format!("chart `{chart}`"), named_step(*execution, *position))
            }
            Self::Bytes { execution, position, artifact, seq, .. } => {
                (format!("piece {seq} of file `{artifact}`"), named_step(*execution, *position))
            }
            Self::Log { execution, position, chunk } => {
                (format!("log piece {}", chunk.seq), named_step(*execution, *position))
            }
            Self::Rows { execution, position, table, seq, .. } => {
                (format!("piece {seq} of table `{table}`"), named_step(*execution, *position))
            }
        }
    }

    pub(crate) fn execution(&self) -> Uuid {
        match self {
            Self::Created { execution, .. } => execution.id,
            Self::Started { execution, .. }
            | Self::Ended { execution, .. }
            | Self::StepStarted { execution, .. }
            | Self::StepEnded { execution, .. }
            | Self::Contained { execution, .. }
            | Self::Checkpoint { execution, .. }
            | Self::Chart { execution, .. }
            | Self::Bytes { execution, .. }
            | Self::Log { execution, .. }
            | Self::Rows { execution, .. } => *execution,
        }
    }

    /// The step that it is about.
    pub(crate) fn position(&self) -> Option<i32> {
        match self {
            Self::StepStarted { position, .. }
            | Self::StepEnded { position, .. }
            | Self::Contained { position, .. }
            | Self::Checkpoint { position, .. }
            | Self::Chart { position, .. }
            | Self::Bytes { position, .. }
            | Self::Log { position, .. }
            | Self::Rows { position, .. } => Some(*position),
            Self::Created { .. } | Self::Started { .. } | Self::Ended { .. } => None,
        }
    }
}

fn named(execution: Uuid) -> String {
    format!("execution `{execution}`")
}

fn named_step(execution: Uuid, position: i32) -> String {
    format!("step {position} of execution `{execution}`")
}
