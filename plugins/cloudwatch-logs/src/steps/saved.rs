use schemars::JsonSchema;
use serde::Deserialize;
use windlass_plugin_api::{Context, Network, Step, StepError, StepInfo};

use super::query::RESOURCES;
use super::saved_queries::{SavedQuery, list};
use crate::aws::Calls;
use crate::execute;
use crate::how::How;
use crate::language::Language;
use crate::output::QueryOutputs;

/// How many names an error offers.
const OFFERED: usize = 5;

/// Which saved query to run, where and when. It is found by `name`, in the folder `path` if it lies in one, or by `id`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend(
    "additionalProperties" = false,
    "oneOf" = [{"required": ["name"]}, {"required": ["id"], "properties": {"path": false}}],
))]
pub struct RunSavedQuery {
    /// The folder that the query lies in, such as `infra/nginx`.
    #[schemars(length(min = 1, max = 255))]
    path: Option<String>,

    /// The query's name in that folder.
    #[schemars(length(min = 1, max = 255))]
    name: Option<String>,

    /// AWS's identifier of the query, which stays when it is renamed.
    #[schemars(length(min = 1, max = 256))]
    id: Option<String>,

    /// The log groups to query, if not those that were saved with it: names, ARNs, or patterns such as `/aws/lambda/*`.
    #[schemars(length(min = 1, max = 1000), inner(length(min = 1, max = 2048), regex(pattern = r"^[\w#+=/:,.@*-]+$")))]
    log_groups: Option<Vec<String>>,

    #[serde(flatten)]
    how: How,
}

impl Step for RunSavedQuery {
    const INFO: StepInfo = StepInfo {
        name: "saved-query",
        title: "Run a saved query",
        description: "Runs a query that was saved in CloudWatch Logs Insights, as `cloudwatch-logs/query` does. It is looked up \
                      in the first of the step's accounts and regions.",
        actions: &[
            "logs:DescribeQueryDefinitions",
            "logs:StartQuery",
            "logs:GetQueryResults",
            "logs:StopQuery",
            "logs:DescribeLogGroups",
        ],
        resources: RESOURCES,
        needs_account: true,
        repeatable: true,
        resumable: true,
        network: Network::aws(&["logs"]),
        example: "\
path: infra/nginx
name: slow-requests
range: {past: 1d, alignTo: 1d}
",
        ..StepInfo::DEFAULT
    };
    type Outputs = QueryOutputs;

    async fn run(self, context: Context) -> Result<QueryOutputs, StepError> {
        let request = self.find(&context).await?;
        execute::run(request, &context, None).await
    }

    async fn resume(self, context: Context, token: String) -> Result<QueryOutputs, StepError> {
        let request = self.find(&context).await?;
        execute::run(request, &context, Some(&token)).await
    }

    async fn abandon(self, context: Context, token: String) -> Result<(), StepError> {
        execute::abandon(&context, &token).await
    }
}

impl RunSavedQuery {
    async fn find(self, context: &Context) -> Result<execute::Request, StepError> {
        let calls = Calls::of(context)?;
        let saved = list(&calls, self.path.as_deref()).await?;
        let (name, id) = (self.full_name(), self.id.as_deref());
        let found = saved.iter().find(|it| name.as_ref() == Some(&it.name) || id == Some(&it.id));
        let Some(SavedQuery { id, name, query, log_groups, language, .. }) = found else {
            return Err(self.unknown(&saved, context));
        };
        context.info(format!("saved query `{name}` ({id})"));
        let language = Language::named(language).ok_or_else(|| {
            let message = format!("saved query `{name}` is in `{language}`, which this step does not know");
            StepError::new("cloudwatch-logs.invalid-parameter", message)
        })?;
        let log_groups = self.log_groups.unwrap_or_else(|| log_groups.clone());
        Ok(execute::Request { log_groups, query: query.clone(), language, how: self.how })
    }

    /// Folders are parts of a query's name.
    fn full_name(&self) -> Option<String> {
        let name = self.name.as_deref()?;
        Some(match self.path.as_deref().map(|path| path.trim_matches('/')) {
            Some(path) if !path.is_empty() => format!("{path}/{name}"),
            _ => name.to_owned(),
        })
    }

    fn unknown(&self, saved: &[SavedQuery], context: &Context) -> StepError {
        let which = self.full_name().or_else(|| self.id.clone()).unwrap_or_default();
        let region = context.region().unwrap_or_default();
        let message = format!("region `{region}` has no saved query `{which}`");
        let names: Vec<String> = saved.iter().take(OFFERED).map(|it| format!("`{}`", it.name)).collect();
        let more = saved.len().saturating_sub(OFFERED);
        let help = match (names.is_empty(), more) {
            (true, _) => "there is none in this folder; `cloudwatch-logs/list-saved-queries` lists all".to_owned(),
            (false, 0) => format!("there are {}", names.join(", ")),
            (false, more) => format!("there are {} and {more} more", names.join(", ")),
        };
        StepError::new("cloudwatch-logs.saved-query-not-found", message).with_help(help)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use windlass_plugin_api::StepMetadata;

    use super::*;

    fn full_name(config: Value) -> Option<String> {
        serde_json::from_value::<RunSavedQuery>(config).unwrap().full_name()
    }

    #[test]
    fn folders_are_part_of_the_name() {
        assert_eq!(full_name(json!({"name": "slow"})).unwrap(), "slow");
        assert_eq!(full_name(json!({"path": "/infra/nginx/", "name": "slow"})).unwrap(), "infra/nginx/slow");
        assert_eq!(full_name(json!({"id": "1"})), None);
    }

    #[test]
    fn it_is_named_in_one_way() {
        let validator = jsonschema::validator_for(&StepMetadata::of::<RunSavedQuery>().config).unwrap();
        for config in
            [json!({"name": "a"}), json!({"path": "p", "name": "a"}), json!({"id": "i", "range": {"past": "1h"}})]
        {
            assert!(validator.is_valid(&config), "{config}");
        }
        for config in
            [json!({}), json!({"path": "p"}), json!({"name": "a", "id": "i"}), json!({"id": "i", "path": "p"})]
        {
            assert!(!validator.is_valid(&config), "{config}");
        }
    }
}
