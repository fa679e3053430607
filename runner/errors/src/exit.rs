//! Exit codes of the `windlass` command. They are public: scripts may rely on them (`docs/errors.md`).

/// The command did what it was asked to do.
pub const OK: u8 = 0;
/// A step failed for a reason of its own (a query refused, rows missing).
pub const STEP_FAILED: u8 = 1;
/// The command line could not be understood.
pub const USAGE: u8 = 2;
/// The configuration is invalid or cannot be read.
pub const CONFIGURATION: u8 = 3;
/// The job file or one of its options is invalid, or there is no such job or execution.
pub const JOB: u8 = 4;
/// An account could not be resolved, or its credentials could not be had.
pub const ACCOUNT: u8 = 5;
/// Key storage: a missing secret, or a master key that does not fit.
pub const KEY: u8 = 6;
/// A plugin was refused, crashed, or broke the protocol.
pub const PLUGIN: u8 = 7;
/// The database cannot be read or written.
pub const STORE: u8 = 8;
/// A fault in Windlass itself.
pub const INTERNAL: u8 = 70;
/// A step or the job ran out of time (the number that `timeout` uses).
pub const TIMED_OUT: u8 = 124;
/// Stopped by Ctrl-C or SIGTERM (128 + SIGINT, as shells count).
pub const CANCELLED: u8 = 130;
