//! The database of one installation: row types beside their queries, and its migrations.
//!
//! Every transition of an execution is durable when [`Store::commit`] returns, so that it may be acted on. SQLite
//! serves one machine: one writer connection with full synchronisation, which commits together whatever waits, and reads
//! beside it. PostgreSQL serves several. Both get the same SQL and give the same rows.
//!
//! Deliberately absent: encryption (only ciphertext of secrets arrives here) and any decision about what to run; what may
//! run is decided here, since only here it can be decided for all members at once.

mod abandon;
mod accounts;
mod artifacts;
mod cancel;
mod candidates;
mod changes;
mod commit;
mod copy;
mod db;
mod enqueue;
mod error;
mod execution_secrets;
mod executions;
mod hold;
mod job_changes;
mod job_retention;
mod jobs;
mod leases;
mod listing;
mod location;
mod log_ends;
mod logs;
mod master_keys;
mod members;
mod meta;
mod new_execution;
mod news;
mod notices;
mod notifications;
mod packed;
mod retention;
mod rewrap;
mod schedules;
mod secrets;
mod steps;
mod store;
#[cfg(test)]
mod testing;
mod transitions;
mod words;

pub use abandon::ToAbandon;
pub use accounts::{AccountRow, AccountVersionRow, Expected, Seen};
pub use artifacts::{ChartRow, RowPages, TableRow};
pub use cancel::CancelRequest;
pub use candidates::Candidate;
pub use db::DatabaseError;
pub use enqueue::{Enqueued, WhenFull};
pub use error::{NotClaimed, StoreError};
pub use execution_secrets::ExecutionSecret;
pub use executions::{BySuffix, ExecutionRow};
pub use hold::{Hold, Proviso};
pub use job_changes::{AppliedJob, JobChange};
pub use jobs::{JobRow, JobVersionRow, StandingJobs};
pub use leases::LeaseKeeper;
pub use listing::{ExecutionFilter, RunningCount};
pub use location::{Durability, Location, PostgresLocation};
pub use log_ends::Tail;
pub use logs::{LogPages, LogRow};
pub use members::{Member, MemberRow};
pub use new_execution::{JobText, NewExecution, Scheduled, StepRef, job_key};
pub use news::News;
pub use notices::Notices;
pub use notifications::Telling;
pub use retention::{Prune, Pruned};
pub use rewrap::OfExecution;
pub use schedules::{
    CalendarChange, CalendarRow, DueSchedules, Fire, Fired, Firing, FiringRow, NewSchedule, Outcome, ScheduleRow,
    Upcoming,
};
pub use secrets::{Sealed, SecretEntry, SecretRow};
pub use steps::StepRow;
pub use store::Store;
pub use transitions::{Ending, LogChunk, Transition};
pub use words::{Cause, FiringOutcome, Role, SecretKind, State, Stream, UnknownWord};
