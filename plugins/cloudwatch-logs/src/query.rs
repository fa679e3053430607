use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Context, Network, Resources, Step, StepError, StepInfo};

use crate::range::Range;
use crate::run;

/// What to query. The limits are those of the
/// [`StartQuery` API](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Query {
    /// The log groups to query, by name or by ARN. A group of another account, seen from a monitoring account, needs
    /// its ARN.
    #[schemars(length(min = 1, max = 50), inner(length(min = 1, max = 2048), regex(pattern = r"^[\w#+=/:,.@*-]+$")))]
    pub(crate) log_groups: Vec<String>,

    /// The query, in the CloudWatch Logs Insights query language.
    #[schemars(length(min = 1, max = 10_000))]
    pub(crate) query: String,

    /// From when to when: `past: 1h`, or `start` and `end`.
    #[serde(default)]
    #[schemars(extend("default" = {"past": "1h"}))]
    pub(crate) range: Range,

    /// The most rows to return. Without it AWS returns at most 10,000, or what the query's own `limit` says.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) limit: Option<u32>,
}

/// What the query gave, beside its rows in table `results`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueryOutputs {
    /// AWS's identifier of the query; its results can be read there for some days.
    pub(crate) query_id: String,
    /// How the query ended, in AWS's words.
    pub(crate) status: String,
    /// Rows in the table.
    pub(crate) row_count: u64,
    /// Log events that matched the query.
    pub(crate) records_matched: u64,
    /// Log events that were scanned.
    pub(crate) records_scanned: u64,
    /// Bytes of log events that were scanned; AWS bills by these.
    pub(crate) bytes_scanned: u64,
    /// Whether there are as many rows as the limit allows, so that there may be more.
    pub(crate) truncated: bool,
}

impl Step for Query {
    const INFO: StepInfo = StepInfo {
        name: "query",
        title: "Query log groups",
        description: "Runs a CloudWatch Logs Insights query and returns its rows as the table `results`. \
                      The query is stopped at AWS when the step is cancelled or times out.",
        actions: &["logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery"],
        // GetQueryResults and StopQuery know no resources (AWS Service Authorization Reference, "Amazon CloudWatch Logs").
        // The page shows the ARN of a log group without, the user guide of CloudWatch Logs ("Overview of managing access
        // permissions") with `:*` at its end.
        resources: &[Resources {
            actions: &["logs:StartQuery"],
            names: "/logGroups",
            arns: &[
                "arn:{partition}:logs:{region}:{account}:log-group:{name}",
                "arn:{partition}:logs:{region}:{account}:log-group:{name}:*",
            ],
            ..Resources::DEFAULT
        }],
        needs_account: true,
        repeatable: true,
        network: Network::aws(&["logs"]),
        example: "\
logGroups: [/aws/lambda/checkout]
query: |
  fields @timestamp, @message
  | filter @message like /ERROR/
  | sort @timestamp desc
range: {past: 1h}
limit: 100
",
        ..StepInfo::DEFAULT
    };
    type Outputs = QueryOutputs;

    async fn run(self, context: Context) -> Result<QueryOutputs, StepError> {
        run::run(&self, &context).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use windlass_plugin_api::StepMetadata;

    use super::*;

    fn refusals(config: &Value) -> Vec<String> {
        let validator = jsonschema::validator_for(&StepMetadata::of::<Query>().config).unwrap();
        validator.iter_errors(config).map(|error| format!("{} {error}", error.instance_path())).collect()
    }

    fn with(key: &str, value: Value) -> Value {
        let mut config = json!({"logGroups": ["/app"], "query": "fields @message"});
        config[key] = value;
        config
    }

    #[test]
    fn the_schema_takes_what_the_type_takes() {
        for config in [
            json!({"logGroups": ["/app"], "query": "fields @message"}),
            with("logGroups", json!(["arn:aws:logs:eu-west-1:111122223333:log-group:/app:*", "/app"])),
            with("range", json!({"past": "1d12h"})),
            with("range", json!({"start": "2026-07-01T00:00:00Z", "end": "2026-07-01T12:30:00.5+02:00"})),
            with("limit", json!(100_000)),
            with("limit", json!(null)),
        ] {
            assert_eq!(refusals(&config), Vec::<String>::new(), "{config}");
            serde_json::from_value::<Query>(config.clone()).unwrap_or_else(|error| panic!("{config}: {error}"));
        }
    }

    #[test]
    fn the_schema_refuses_what_aws_would() {
        for (config, place) in [
            (json!({"query": "fields @message"}), ""),
            (with("logGroups", json!([])), "/logGroups"),
            (with("logGroups", json!(vec!["/app"; 51])), "/logGroups"),
            (with("logGroups", json!([""])), "/logGroups/0"),
            (with("logGroups", json!(["two words"])), "/logGroups/0"),
            (with("query", json!("")), "/query"),
            (with("query", json!("x".repeat(10_001))), "/query"),
            (with("limit", json!(0)), "/limit"),
            (with("limit", json!(100_001)), "/limit"),
            (with("logGroup", json!("/app")), ""),
        ] {
            let found = refusals(&config);
            assert!(found.iter().any(|text| text.starts_with(&format!("{place} "))), "{place}: {found:?}");
        }
    }

    #[test]
    fn the_schema_says_what_is_wrong_with_a_range() {
        for (range, wanted) in [
            (json!({}), "less than 1 property"),
            (json!({"past": "1h", "start": "2026-07-01T00:00:00Z"}), "\"end\" is a required property"),
            (json!({"start": "2026-07-01T00:00:00Z"}), "\"end\" is a required property"),
            (json!({"end": "2026-07-01T00:00:00Z"}), "\"start\" is a required property"),
            (json!({"past": "1h", "start": "2026-07-01T00:00:00Z", "end": "2026-07-01T00:00:00Z"}), "more than 2"),
            (json!({"last": "1h"}), "'last' was unexpected"),
            (json!({"past": "an hour"}), "does not match"),
            (json!({"past": "1m1h"}), "does not match"),
            (json!({"start": "yesterday", "end": "2026-07-01T00:00:00Z"}), "does not match"),
        ] {
            let found = refusals(&with("range", range.clone()));
            assert!(found.iter().any(|text| text.contains(wanted)), "{range}: {found:?}");
        }
    }

    #[test]
    fn every_field_has_a_help_text_and_the_default_is_shown() {
        let schema = StepMetadata::of::<Query>().config;
        for (name, property) in schema["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "{name}");
        }
        assert_eq!(schema["properties"]["range"]["default"], json!({"past": "1h"}));
        assert_eq!(schema["required"], json!(["logGroups", "query"]));
        assert_eq!(schema["additionalProperties"], json!(false));
    }
}
