//! Jobs: what a job file says, what its expressions mean, and every rule that can be checked before it runs.
//!
//! The way of a job: [`Job::read`] parses the file, [`check`] compares it with the step types and jobs that it uses,
//! [`bind`] gives its options values, and [`evaluate`] fills in a step's `with` from what is known by then ([`Values`]) when
//! its turn comes; [`ConfigSchema`] and [`secret_fields`] look at what came out.
//!
//! Deliberately absent: plugins as files, accounts, the database, and running anything; the engine does that.

mod calendar;
mod check;
mod cost;
mod definition;
mod error;
mod errors;
mod evaluate;
mod expression;
mod job;
mod marks;
mod options;
mod schema;
mod secrets;
mod tree;
mod values;

#[cfg(test)]
mod testing;

pub use calendar::{ProjectCalendar, calendar_schema};
pub use check::{Known, check, said_twice};
pub use definition::Definition;
pub use error::JobError;
pub use errors::JobErrors;
pub use evaluate::{Evaluated, Places, condition, evaluate, items, text};
pub use expression::literals;
pub use job::{
    Action, AllSteps, Concurrency, Event, ForEach, Job, JobSchedule, JobText, Missed, NamedCalendar, Notification,
    OnInterrupted, OptionKind, OptionSpec, Output, Pattern, Retry, SlowerThan, Step, StepType, ValuesFrom, ValuesStep,
    WebAddress, WhenFull, job_schema,
};
pub use marks::{Written, marked, written};
pub use options::{Bound, Given, Options, SecretOption, bind, read_file_option};
pub use schema::{ConfigSchema, check_config};
pub use secrets::{SecretSource, own_key, secret_fields, verbatim};
pub use tree::Tree;
pub use values::{RunFacts, StepFacts, TableFacts, Values};
