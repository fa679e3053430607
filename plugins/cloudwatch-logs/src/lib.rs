//! The `cloudwatch-logs` plugin: queries of CloudWatch Logs Insights as steps, and the small things around them.
//!
//! A query at AWS is started, watched until it has ended, and stopped when nobody waits for it any more, because a
//! running query takes one of the account's few places and costs by the gigabyte. What is more than AWS returns for one query
//! is asked for in `parts`.

mod asked;
mod aws;
mod bytes;
mod console;
mod create;
mod create_log_group;
mod create_log_stream;
mod execute;
mod groups;
mod how;
mod language;
mod list_log_groups;
mod list_saved_queries;
mod log_groups;
mod output;
mod parts;
mod past;
mod preview;
mod put_events;
mod query;
mod range;
mod results;
mod rows;
mod run;
mod saved;
mod saved_queries;
mod tail;
mod text;
mod verdict;

pub use create_log_group::{CreateLogGroup, CreateLogGroupOutputs};
pub use create_log_stream::{CreateLogStream, CreateLogStreamOutputs};
pub use list_log_groups::{ListLogGroups, ListLogGroupsOutputs};
pub use list_saved_queries::{ListSavedQueries, ListSavedQueriesOutputs};
pub use output::QueryOutputs;
pub use put_events::{PutEvents, PutEventsOutputs};
pub use query::Query;
pub use saved::RunSavedQuery;
pub use tail::{Tail, TailOutputs};

windlass_plugin_api::export_plugin! {
    name: "cloudwatch-logs",
    title: "CloudWatch Logs",
    description: "Queries log groups with CloudWatch Logs Insights, follows and lists them, creates them and puts events.",
    steps: [
        Query,
        RunSavedQuery,
        Tail,
        PutEvents,
        CreateLogGroup,
        CreateLogStream,
        ListLogGroups,
        ListSavedQueries
    ],
}
