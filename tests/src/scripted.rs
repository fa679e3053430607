//! **A fake**, and the only one here: a small server that plays CloudWatch Logs Insights from a script.
//!
//! Why: every stand-in answers `Complete` to the first poll. None shows a query that is scheduled, runs, fails, times
//! out or is throttled, and none refuses what AWS documents to refuse.
//!
//! What it follows: the Amazon CloudWatch Logs API Reference (2014-03-28; the pages of `StartQuery`,
//! `GetQueryResults`, `StopQuery`, `DescribeQueries`, `DescribeLogGroups`, `DescribeQueryDefinitions` and "Common
//! Errors") and the AWS JSON 1.1 protocol of Smithy. Each rule names its page. Nothing here has met the real AWS, so a
//! behaviour that only this server showed is as sure as that page.
//!
//! A query's rows come from the script, or from events by the small part of the query language that the splitting of
//! queries stands on (module `language`).
//!
//! Deliberately absent: the rest of the query language, and signature checks (ministack does those).

mod answer;
mod catalog;
mod events;
mod language;
mod play;
mod query;
mod rules;
mod running;
mod script;
mod server;

pub use catalog::{LogGroup, SavedQuery};
pub use events::{EndOf, Event};
pub use query::{Query, Row, Status, numbered_rows, row};
pub use script::{Refusal, Script};
pub use server::{Call, ScriptedLogs};
