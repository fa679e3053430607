//! The `cloudwatch-logs` plugin: queries of CloudWatch Logs Insights as steps, and the small things around them.
//!
//! A query at AWS is started, watched until it has ended, and stopped when nobody waits for it any more, because a
//! running query takes one of the account's few places and costs by the gigabyte. What is more than AWS returns for one query
//! is asked for in `parts`.

mod asked;
mod aws;
mod bytes;
mod console;
mod execute;
mod groups;
mod how;
mod language;
mod output;
mod parts;
mod past;
mod preview;
mod range;
mod results;
mod rows;
mod run;
mod steps;
mod text;
mod verdict;

pub use output::QueryOutputs;
pub use steps::{
    CreateLogGroup, CreateLogGroupOutputs, CreateLogStream, CreateLogStreamOutputs, ListLogGroups,
    ListLogGroupsOutputs, ListSavedQueries, ListSavedQueriesOutputs, PutEvents, PutEventsOutputs, Query, RunSavedQuery,
    Tail, TailOutputs,
};

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
