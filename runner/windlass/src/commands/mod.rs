//! One file a subcommand: its arguments, and what it does.

pub(crate) mod account;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod key;
pub(crate) mod plugin;
pub(crate) mod run;
