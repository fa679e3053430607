use schemars::JsonSchema;
use serde::Deserialize;
use windlass_plugin_api::fields::{Account, Region};

use crate::bytes::Bytes;
use crate::range::Range;
use crate::run::Budget;
use crate::verdict::Conditions;

/// So many queries a step may start when it does not say.
const QUERIES: u32 = 1_000;

/// Where, when and how much is asked: what all steps that query have in common.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct How {
    /// From when to when: `past: 1h`, or `start` and `end`.
    #[serde(default)]
    #[schemars(extend("default" = {"past": "1h"}))]
    pub(crate) range: Range,

    /// How many rows are enough. Without it all rows come: more than AWS returns for one query are asked for in parts of the
    /// range.
    #[schemars(range(min = 1))]
    pub(crate) limit: Option<u64>,

    /// The accounts to ask, if not the step's: all rows come in one table, with their account, region and log group.
    #[serde(default)]
    #[schemars(length(min = 1))]
    #[expect(dead_code, reason = "the runner reads it, and gives the step its places")]
    accounts: Vec<Account>,

    /// The regions to ask in each account, if not the step's.
    #[serde(default)]
    #[schemars(length(min = 1))]
    #[expect(dead_code, reason = "the runner reads it, and gives the step its places")]
    regions: Vec<Region>,

    /// The step fails and its queries are stopped when they have scanned more than this together, such as `500MB` or `20GB`.
    /// What was scanned until then is billed.
    max_bytes_scanned: Option<Bytes>,

    /// How many queries the step may start; 1000 when not given.
    #[schemars(range(min = 1))]
    max_queries: Option<u32>,

    /// The step fails when this expression is true: `rowCount > 0`. It sees `rowCount`, `rows` (the first 1000, by column: what
    /// `stats` counts as numbers, all else as text) and `statistics` (`recordsMatched`, `recordsScanned`, `bytesScanned`).
    #[schemars(length(min = 1))]
    fail_when: Option<String>,

    /// The log has a warning when this expression is true.
    #[schemars(length(min = 1))]
    warn_when: Option<String>,
}

impl How {
    pub(crate) fn budget(&self) -> Budget {
        Budget { queries: self.max_queries.unwrap_or(QUERIES), bytes: self.max_bytes_scanned.map(Bytes::count) }
    }

    pub(crate) fn conditions(&self) -> Conditions<'_> {
        Conditions { fail: self.fail_when.as_deref(), warn: self.warn_when.as_deref() }
    }
}
