//! The `cloudwatch-logs` plugin: queries of CloudWatch Logs Insights as steps, and the small things around them.
//!
//! A query at AWS is started, watched until it has ended, and stopped when nobody waits for it any more, because a
//! running query takes one of the account's few places and costs by the gigabyte.
//!
//! Deliberately absent: a query over several accounts or regions in one step, saved queries, and the splitting of a
//! range that has more rows than AWS returns.

mod backoff;
mod calls;
mod caret;
mod create;
mod create_log_group;
mod create_log_stream;
mod failure;
mod groups;
mod list_log_groups;
mod list_saved_queries;
mod log_groups;
mod past;
mod put_events;
mod query;
mod range;
mod rows;
mod run;
mod saved_queries;
mod stop;
mod tail;
mod watch;

pub use create_log_group::{CreateLogGroup, CreateLogGroupOutputs};
pub use create_log_stream::{CreateLogStream, CreateLogStreamOutputs};
pub use list_log_groups::{ListLogGroups, ListLogGroupsOutputs};
pub use list_saved_queries::{ListSavedQueries, ListSavedQueriesOutputs};
pub use put_events::{PutEvents, PutEventsOutputs};
pub use query::{Query, QueryOutputs};
pub use tail::{Tail, TailOutputs};

windlass_plugin_api::export_plugin! {
    name: "cloudwatch-logs",
    title: "CloudWatch Logs",
    description: "Queries log groups with CloudWatch Logs Insights, follows and lists them, creates them and puts events.",
    steps: [Query, Tail, PutEvents, CreateLogGroup, CreateLogStream, ListLogGroups, ListSavedQueries],
}
