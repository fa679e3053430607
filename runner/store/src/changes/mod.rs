//! The statements of each transition. A statement that changes nothing found another state than it needs.

mod data;
mod executions;
mod losses;
mod over;
mod steps;

pub(crate) use data::{chart, file, log, rows, table};
pub(crate) use executions::{cancelled, claimed, ended, queued, reopened};
pub(crate) use losses::{Loss, interrupted, requeued};
pub(crate) use steps::{
    First, NewStep, accepted, checkpoint, child, contained, log_dropped, new_step, step_ended, taken_over,
};
