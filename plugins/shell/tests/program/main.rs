//! The built program, driven as its supervisor does it: frames on descriptor 3, text on 1 and 2.
//!
//! Deliberately absent: what the supervisor adds around it (the sandbox, ending what is left, removing the scratch
//! folder). The end-to-end tests have that.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod accounts;
mod cancel;
mod commands;
mod driver;
mod endings;
mod outputs;
mod scripts;
mod secrets;
