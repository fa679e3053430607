use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Cell, Context, Network, Step, StepError, StepInfo};

use super::saved_queries::{SavedQuery, list};
use crate::aws::Calls;

/// Which saved queries to list.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListSavedQueries {
    /// The folder whose queries to list, with those in its own folders: `infra/nginx`. All when there is none.
    #[schemars(length(min = 1, max = 254))]
    path: Option<String>,
}

/// The saved queries, beside all about them in table `savedQueries`; both lists have the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListSavedQueriesOutputs {
    /// Their names, with their folders; for an option's `valuesFrom` too.
    names: Vec<String>,
    /// Their identifiers.
    ids: Vec<String>,
    /// How many there are.
    count: u64,
}

impl Step for ListSavedQueries {
    const INFO: StepInfo = StepInfo {
        name: "list-saved-queries",
        title: "List saved queries",
        description: "Lists the saved queries of CloudWatch Logs Insights in the account and region as the table \
                      `savedQueries`. As an option's `valuesFrom`, its output `names` offers them.",
        actions: &["logs:DescribeQueryDefinitions"],
        needs_account: true,
        repeatable: true,
        network: Network::aws(&["logs"]),
        example: "\
path: infra/nginx
",
        ..StepInfo::DEFAULT
    };
    type Outputs = ListSavedQueriesOutputs;

    async fn run(self, context: Context) -> Result<ListSavedQueriesOutputs, StepError> {
        let queries = list(&Calls::of(&context)?, self.path.as_deref()).await?;
        send(&queries, &context);
        let count = queries.len() as u64;
        context.info(format!("{count} saved queries"));
        let (names, ids) = queries.into_iter().map(|query| (query.name, query.id)).unzip();
        Ok(ListSavedQueriesOutputs { names, ids, count })
    }
}

fn send(queries: &[SavedQuery], context: &Context) {
    let columns = ["name", "id", "language", "logGroups", "modified", "query"];
    let mut table = context.table("savedQueries", columns.map(str::to_owned).into());
    for query in queries {
        let groups = query.log_groups.join(", ");
        let modified = query.modified_ms.and_then(|at| Timestamp::from_millisecond(at).ok()).map(|at| at.to_string());
        table.row([
            Cell::from(query.name.as_str()),
            Cell::from(query.id.as_str()),
            Cell::from(query.language.as_str()),
            Cell::from(groups.as_str()),
            modified.as_deref().into(),
            Cell::from(query.query.as_str()),
        ]);
    }
}
