//! Pages of the documentation that are walked through from their beginning to their end: each file is written, each command
//! run, and what is printed must be what the page says.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod accounts;
mod coming;
mod page;
mod walk;
