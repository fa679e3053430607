//! The `cloudwatch-logs` plugin: queries of CloudWatch Logs Insights as steps.
//!
//! A query at AWS is started, watched until it has ended, and stopped when nobody waits for it any more, because a
//! running query takes one of the account's few places and costs by the gigabyte.
//!
//! Deliberately absent: a query over several accounts or regions in one step, saved queries, and the splitting of a
//! range that has more rows than AWS returns.

mod backoff;
mod caret;
mod failure;
mod groups;
mod past;
mod query;
mod range;
mod rows;
mod run;
mod stop;
mod watch;

pub use query::{Query, QueryOutputs};

windlass_plugin_api::export_plugin! {
    name: "cloudwatch-logs",
    title: "CloudWatch Logs",
    description: "Queries log groups with CloudWatch Logs Insights.",
    steps: [Query],
}
