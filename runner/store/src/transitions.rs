use uuid::Uuid;

use crate::{ExecutionSecret, Member, NewExecution, State, Stream};

/// One thing that happened. [`Store::commit`](crate::Store::commit) records it if it follows from what is recorded
/// already. Times (`at`) are milliseconds since 1970 UTC, positions number the steps of an execution.
#[derive(Clone, Debug)]
pub enum Transition {
    /// A process has come to the data directory.
    Joined {
        /// The process.
        member: Member,
    },
    /// A process has gone, or is known to be gone; nothing is running that it holds.
    Left {
        /// Its id.
        member: Uuid,
    },
    /// An execution waits for its time and a member.
    Queued {
        /// The execution.
        execution: NewExecution,
        /// Its secret options.
        secrets: Vec<ExecutionSecret>,
    },
    /// A member runs a queued execution. Refused with [`NotClaimed`](crate::StoreError::NotClaimed) when it may not.
    Claimed {
        /// The execution's id.
        execution: Uuid,
        /// The member's id.
        member: Uuid,
        /// The number of this claim: one more than the execution [has](crate::ExecutionRow::fence).
        fence: i64,
        /// When.
        at: i64,
    },
    /// A step of a running execution runs.
    StepStarted {
        /// The execution's id.
        execution: Uuid,
        /// A number that no step of the execution has yet; they grow in the order of the starts.
        position: i32,
        /// The position of the group that it is in.
        parent: Option<i32>,
        /// Where it is in the job, for people: `deploy[3].check`.
        path: String,
        /// Its id in the job.
        step: String,
        /// Its step type, or what kind of group it is.
        uses: String,
        /// 1 for the first.
        attempt: i32,
        /// When.
        at: i64,
        /// The hash of the plugin's bytes, in hex, when there is a plugin.
        plugin_sha256: Option<String>,
        /// The name of the account, when there is one.
        account: Option<String>,
        /// How its plugin was called, JSON without secrets, when it may leave a checkpoint: what it takes to call it again
        /// once nothing else is left of the execution. Kept until the step ends.
        called_with: Option<String>,
    },
    /// A step of a running execution is not to run.
    StepSkipped {
        /// The execution's id.
        execution: Uuid,
        /// As of a step that starts.
        position: i32,
        /// The position of the group that it is in.
        parent: Option<i32>,
        /// Where it is in the job, for people.
        path: String,
        /// Its id in the job.
        step: String,
        /// Its step type, or what kind of group it is.
        uses: String,
        /// The code of the reason, when there is one.
        code: Option<String>,
        /// Why, for people.
        reason: Option<String>,
        /// When.
        at: i64,
    },
    /// A running step has ended, in any way but `skipped`.
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
    /// A step has ended without success, and its job goes on all the same: it is not done again when the execution is
    /// reopened.
    Accepted {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
    },
    /// A running step refers to a job, and this is the job's execution.
    Child {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// The execution of the job.
        child: Uuid,
    },
    /// A limit has cut off so much of a step's log; replaces what was said before.
    LogDropped {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// How many bytes in all.
        bytes: i64,
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
    /// An execution has ended: a running one none of whose steps runs, in any way but `skipped`; a queued one as
    /// `cancelled`, `skipped`, `failed` or `timedOut`. Its secrets are gone.
    Ended {
        /// The execution's id.
        execution: Uuid,
        /// How.
        ending: Ending,
        /// The execution's outputs, a JSON object.
        outputs: Option<String>,
    },
    /// An execution that ended as `failed`, `timedOut`, `cancelled` or `interrupted` is queued again, to go on after its
    /// last finished step: what did not succeed until now is done again ([`redo_before`](crate::ExecutionRow::redo_before)).
    /// How and when it had ended is forgotten.
    Reopened {
        /// The execution's id.
        execution: Uuid,
        /// When; its place in the queue.
        at: i64,
        /// Its secret options, which were gone with its end.
        secrets: Vec<ExecutionSecret>,
    },
    /// A member is lost, and so is what it ran: the execution and its running steps are `interrupted`. What their checkpoints
    /// stand for is [to be abandoned](crate::Store::to_abandon): nothing goes on from them.
    Interrupted {
        /// The execution's id.
        execution: Uuid,
        /// The member that holds it; `None` for one that was begun by a Windlass that knew no members.
        member: Option<Uuid>,
        /// When.
        at: i64,
        /// The error code.
        code: String,
        /// The reason for people.
        reason: String,
    },
    /// A member is lost, and another is to go on: the running steps are `interrupted`, and the execution is queued again
    /// with [`resume`](crate::ExecutionRow::resume). One that was asked to stop ends as `cancelled` instead, and its
    /// checkpoints are to be abandoned.
    Requeued {
        /// The execution's id.
        execution: Uuid,
        /// The member that holds it; `None` for one that was begun by a Windlass that knew no members.
        member: Option<Uuid>,
        /// When.
        at: i64,
        /// The error code of the steps.
        code: String,
        /// The reason for people.
        reason: String,
    },
    /// A step goes on from the checkpoint that an interrupted one had left.
    TakenOver {
        /// The execution's id.
        execution: Uuid,
        /// Which step was interrupted.
        position: i32,
    },
    /// A member ends what an interrupted step had begun outside.
    Abandoning {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// The member that was at it before and is gone.
        before: Option<Uuid>,
        /// The member's id.
        member: Uuid,
    },
    /// What an interrupted step had begun outside is ended, as far as can be.
    Abandoned {
        /// The execution's id.
        execution: Uuid,
        /// Which step.
        position: i32,
        /// What could not be ended, for people; it is added to the step's reason.
        trouble: Option<String>,
    },
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
    /// The offset of its first byte in the whole log of the execution, over all its steps. Chunks are to be committed in
    /// this order, so that one who follows the log misses none.
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
