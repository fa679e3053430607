//! One file a subcommand: its arguments, and what it does.

pub(crate) mod account;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod execution;
pub(crate) mod job;
pub(crate) mod key;
pub(crate) mod member;
pub(crate) mod plugin;
pub(crate) mod project;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod server;
pub(crate) mod store;
