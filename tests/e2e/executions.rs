//! Executions: started, listed, shown, followed, stopped, done again, removed.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod again;
mod charts;
mod files;
mod followed;
mod listed;
mod logs;
mod previewed;
mod pruned;
mod results;
mod resumed;
mod secrets;
mod started;
mod stopped;
