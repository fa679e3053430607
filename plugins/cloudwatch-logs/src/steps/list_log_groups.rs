use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Cell, Context, Network, Step, StepError, StepInfo};

use super::log_groups::{Glob, LogGroup, list};
use crate::aws::Calls;

/// Which log groups to list: those with a prefix, those that a pattern matches, or all.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("maxProperties" = 1))]
pub struct ListLogGroups {
    /// What the names begin with.
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^[\w./#-]+$"))]
    prefix: Option<String>,

    /// The names, where `*` stands for any characters: `/aws/lambda/*-prod`. What comes before the first `*` keeps the
    /// list short at AWS too.
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^[\w./#*-]+$"))]
    pattern: Option<String>,
}

/// The names of the log groups, beside all of them in table `logGroups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListLogGroupsOutputs {
    /// In order; for an option's `valuesFrom` too.
    names: Vec<String>,
    /// How many there are.
    count: u64,
}

impl Step for ListLogGroups {
    const INFO: StepInfo = StepInfo {
        name: "list-log-groups",
        title: "List log groups",
        description: "Lists log groups of the account and region as the table `logGroups`, with how long each keeps its \
                      events and how much lies in it. As an option's `valuesFrom`, its output `names` offers them.",
        actions: &["logs:DescribeLogGroups"],
        needs_account: true,
        repeatable: true,
        network: Network::aws(&["logs"]),
        example: "\
prefix: /aws/lambda/
",
        ..StepInfo::DEFAULT
    };
    type Outputs = ListLogGroupsOutputs;

    async fn run(self, context: Context) -> Result<ListLogGroupsOutputs, StepError> {
        let glob = self.pattern.as_deref().map(Glob);
        let prefix = self.prefix.as_deref().or(glob.map(Glob::prefix));
        let mut groups = list(&Calls::of(&context)?, prefix).await?;
        groups.retain(|group| glob.is_none_or(|glob| glob.matches(&group.name)));
        send(&groups, &context);
        let count = groups.len() as u64;
        context.info(format!("{count} log groups"));
        Ok(ListLogGroupsOutputs { names: groups.into_iter().map(|group| group.name).collect(), count })
    }
}

fn send(groups: &[LogGroup], context: &Context) {
    let columns = ["name", "arn", "retentionDays", "storedBytes", "class", "created"];
    let mut table = context.table("logGroups", columns.map(str::to_owned).into());
    for group in groups {
        let created = group.created_ms.and_then(|at| Timestamp::from_millisecond(at).ok()).map(|at| at.to_string());
        table.row([
            Cell::from(group.name.as_str()),
            Cell::from(group.arn.as_str()),
            group.retention_days.map(i64::from).into(),
            group.stored_bytes.into(),
            group.class.as_deref().into(),
            created.as_deref().into(),
        ]);
    }
}
