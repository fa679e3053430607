//! The command line itself: help, completion, usage errors, and what goes where.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod help;
mod output;
mod shown;
