//! Running jobs: what is queued is claimed, walked through step by step, and recorded before anything is done.
//!
//! The way of an execution: [`Engine::prepare`] loads the plugins that a job uses; [`Engine::run_here`] and the [`Server`]
//! claim it and walk through its steps, each transition durable before it is acted on; [`Engine::settle`] brings to an end
//! what a process left that is gone. Nothing happens outside before the claim is recorded.
//!
//! Deliberately absent: what a single step does, which is its plugin's business.

mod abandon;
mod account_users;
mod accounts;
mod answers;
mod call;
mod claimed;
mod engine;
mod error;
mod execution;
mod far;
mod halt;
mod lease;
mod listener;
mod member;
mod needs;
mod notice;
mod notify;
mod offers;
mod options;
mod output;
mod places;
mod plugin_steps;
mod plugins;
mod prepare;
pub mod project;
mod quota;
mod recorder;
mod reference;
mod repeat;
mod requirements;
mod retention;
pub mod schedules;
mod serve;
mod settle;
mod start;
mod step;
mod step_run;
mod surroundings;
mod tables;
#[cfg(test)]
mod testing;
mod token;
mod verify;
mod walk;
mod workshop;

pub use abandon::Abandoned;
pub use accounts::{KnownAccounts, with_stored_accounts};
pub use engine::{Engine, Running, StoredJobs};
pub use error::EngineError;
pub(crate) use error::failure;
pub use execution::Finished;
pub use halt::Halt;
pub use lease::Lease;
pub use listener::recorded;
pub use member::Member;
pub use needs::{Needs, declared};
pub use notice::{Failed, Notice, Observer, StepEnd};
pub use plugins::{Plugin, Plugins};
pub use prepare::{JobVersion, Prepared};
pub use quota::Quota;
pub use repeat::Repeat;
pub use retention::Retired;
pub use serve::{Served, Server};
pub use settle::{Settled, Settling};
pub use start::Started;
pub use surroundings::scratch;
pub use workshop::{Used, Workshop};
