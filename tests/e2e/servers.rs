//! Servers: what they run, how they stop, and what they do about what others left.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod abandoned;
mod beside;
mod counted;
mod full;
mod settled;
mod stopped;
mod syncs;
