//! **A fake**, and the only one here: a small server that plays CloudWatch Logs Insights from a script.
//!
//! Why: every stand-in answers `Complete` to the first poll. None shows a query that is scheduled, runs, fails, times
//! out or is throttled, and none refuses what AWS documents to refuse.
//!
//! What it follows: the Amazon CloudWatch Logs API Reference (2014-03-28; the pages of `StartQuery`,
//! `GetQueryResults`, `StopQuery`, `DescribeQueries` and "Common Errors") and the AWS JSON 1.1 protocol of Smithy.
//! Each rule names its page. Nothing here has met the real AWS, so a behaviour that only this server showed is as sure
//! as that page.
//!
//! Deliberately absent: the query language (rows come from the script) and signature checks (ministack does those).

mod answer;
mod play;
mod rules;
mod script;
mod server;

pub use script::{Query, Refusal, Row, Script, Status, numbered_rows, row};
pub use server::{Call, ScriptedLogs};
