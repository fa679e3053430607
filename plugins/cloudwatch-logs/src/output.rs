use schemars::JsonSchema;
use serde::Serialize;

use crate::rows::Statistics;

/// What the queries gave, beside their rows in table `results`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueryOutputs {
    /// Rows in the table.
    pub(crate) row_count: u64,
    /// Whether the limit cut off more rows.
    pub(crate) truncated: bool,
    /// What the queries matched and scanned together.
    pub(crate) statistics: StatisticsOutput,
    /// AWS's identifiers of all queries, in the order in which they were started; their results can be read there for some
    /// days.
    pub(crate) query_ids: Vec<String>,
    /// The first instant asked for, RFC 3339.
    pub(crate) start: String,
    /// The last second asked for, RFC 3339.
    pub(crate) end: String,
    /// Where the AWS console shows the query, for each account and region.
    pub(crate) links: Vec<Link>,
}

/// What queries have cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub(crate) struct StatisticsOutput {
    /// Log events that matched the query.
    pub(crate) records_matched: u64,
    /// Log events that were scanned.
    pub(crate) records_scanned: u64,
    /// Bytes of log events that were scanned; AWS bills by these.
    pub(crate) bytes_scanned: u64,
    /// What that comes to in US dollars at the price of most regions, 0.005 a gigabyte; yours may differ.
    pub(crate) estimated_cost: f64,
}

/// An address of the AWS console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Link {
    /// The account's name.
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) url: String,
}

impl From<Statistics> for StatisticsOutput {
    fn from(statistics: Statistics) -> Self {
        Self {
            records_matched: statistics.matched,
            records_scanned: statistics.scanned,
            bytes_scanned: statistics.bytes,
            estimated_cost: statistics.dollars(),
        }
    }
}
