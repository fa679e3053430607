//! Jobs: what a job file says, what its expressions mean, and running it.
//!
//! The way of a job: [`Job::read`] parses the file, [`bind`] gives its options values, [`prepare`] loads the plugins it
//! uses, evaluates its expressions, checks every step against its step type's schema and resolves the accounts; nothing
//! has happened outside until then. [`Runner::run`] records the execution, runs step after step, and records the end.
//!
//! Deliberately absent, for now: schedules, conditions, parallel steps, and settling what a crash left behind.

mod answers;
mod cost;
mod error;
mod evaluate;
mod expression;
mod job;
mod listener;
mod marks;
mod metadata;
mod options;
mod output;
mod prepare;
mod recorder;
mod run;
mod schema;
mod step_run;
mod surroundings;
mod tree;

pub use error::{EngineError, JobError};
pub use job::{Job, OptionKind, OptionSpec, Step, StepType};
pub use listener::recorded;
pub use marks::marked;
pub use options::{Options, bind};
pub use prepare::{Prepared, PreparedStep, Workshop, prepare};
pub use run::{Finished, Notice, Runner, StepEnd};
pub use schema::check_config;
pub use surroundings::scratch;
