//! The database of one installation: row types beside their queries, and its migrations.
//!
//! Every transition of an execution is durable when [`Store::commit`] returns, so that it may be acted on. SQLite
//! serves one machine: one writer connection with full synchronisation, reads beside it. The SQL is the kind that
//! PostgreSQL reads too.
//!
//! Deliberately absent: encryption (only ciphertext of secrets arrives here), any decision about what to run, and
//! listings that no command asks for yet.

mod artifacts;
mod changes;
mod commit;
mod create;
mod error;
mod executions;
mod logs;
mod meta;
mod migrations;
mod packed;
mod secrets;
mod store;
#[cfg(test)]
mod testing;
mod transitions;
mod words;
mod writer;

pub use artifacts::{ChartRow, RowPages, TableRow};
pub use error::StoreError;
pub use executions::{BySuffix, ExecutionRow, StepRow};
pub use logs::{LogPages, LogRow};
pub use secrets::{SecretEntry, SecretRow};
pub use store::Store;
pub use transitions::{Ending, LogChunk, NewExecution, NewStep, Transition};
pub use words::{State, Stream, UnknownWord};
