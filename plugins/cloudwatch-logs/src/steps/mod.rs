//! What the plugin offers, a file each, and what several of them share.

mod create;
mod create_log_group;
mod create_log_stream;
mod list_log_groups;
mod list_saved_queries;
pub(crate) mod log_groups;
mod put_events;
mod query;
mod saved;
mod saved_queries;
mod tail;

pub use create_log_group::{CreateLogGroup, CreateLogGroupOutputs};
pub use create_log_stream::{CreateLogStream, CreateLogStreamOutputs};
pub use list_log_groups::{ListLogGroups, ListLogGroupsOutputs};
pub use list_saved_queries::{ListSavedQueries, ListSavedQueriesOutputs};
pub use put_events::{PutEvents, PutEventsOutputs};
pub use query::Query;
pub use saved::RunSavedQuery;
pub use tail::{Tail, TailOutputs};
