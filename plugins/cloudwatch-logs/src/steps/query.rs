use schemars::JsonSchema;
use serde::Deserialize;
use windlass_plugin_api::{Context, Network, Resources, Step, StepError, StepInfo};

use crate::execute;
use crate::groups::GROUP_ARNS;
use crate::how::How;
use crate::language::Language;
use crate::output::QueryOutputs;

/// What to query, where and when. The limits are those of the
/// [`StartQuery` API](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend(
    "additionalProperties" = false,
    "if" = {"not": {"anyOf": [
        {"properties": {"language": {"const": "SQL"}}, "required": ["language"]},
        {"properties": {"query": {"pattern": "^\\s*[Ss][Oo][Uu][Rr][Cc][Ee]\\s"}}, "required": ["query"]},
    ]}},
    "then" = {"required": ["logGroups"]},
))]
pub struct Query {
    /// The log groups to query: names, ARNs, or patterns such as `/aws/lambda/*`, in which `*` stands for any text. A group of
    /// another account, seen from a monitoring account, needs its ARN. Not needed where the query itself names them
    /// (`SOURCE`, or SQL).
    #[schemars(length(min = 1, max = 1000), inner(length(min = 1, max = 2048), regex(pattern = r"^[\w#+=/:,.@*-]+$")))]
    log_groups: Option<Vec<String>>,

    /// The query, in the language that `language` says.
    #[schemars(length(min = 1, max = 10_000))]
    query: String,

    /// The language of the query: Logs Insights' own (`CWLI`), `SQL` or `PPL`.
    #[serde(default)]
    language: Language,

    #[serde(flatten)]
    how: How,
}
impl Step for Query {
    const INFO: StepInfo = StepInfo {
        name: "query",
        title: "Query log groups",
        description: "Runs a CloudWatch Logs Insights query, in several accounts and regions if wanted, and returns its rows as \
                      the table `results`, with a chart of what `stats` counts. More rows than AWS returns for one query are \
                      asked for in parts. Queries are stopped at AWS when the step is cancelled, fails or times out. \
                      `logs:DescribeLogGroups` is needed only for patterns of log groups.",
        actions: ACTIONS,
        resources: RESOURCES,
        needs_account: true,
        repeatable: true,
        resumable: true,
        network: Network::aws(&["logs"]),
        example: "\
logGroups: [/aws/lambda/checkout]
query: |
  fields @timestamp, @message
  | filter @message like /ERROR/
  | sort @timestamp desc
range: {past: 1h}
limit: 100
failWhen: rowCount > 10
",
        ..StepInfo::DEFAULT
    };
    type Outputs = QueryOutputs;

    async fn run(self, context: Context) -> Result<QueryOutputs, StepError> {
        execute::run(self.request(), &context, None).await
    }

    async fn resume(self, context: Context, token: String) -> Result<QueryOutputs, StepError> {
        execute::run(self.request(), &context, Some(&token)).await
    }

    async fn abandon(self, context: Context, token: String) -> Result<(), StepError> {
        execute::abandon(&context, &token).await
    }
}

impl Query {
    fn request(self) -> execute::Request {
        let Self { log_groups, query, language, how } = self;
        execute::Request { log_groups: log_groups.unwrap_or_default(), query, language, how }
    }
}

/// What any step needs that queries.
pub(crate) const ACTIONS: &[&str] =
    &["logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery", "logs:DescribeLogGroups"];
/// `GetQueryResults` and `StopQuery` know no resources (AWS Service Authorization Reference, "Amazon CloudWatch Logs"), and
/// `DescribeLogGroups` is asked for all that begin with a name.
pub(crate) const RESOURCES: &[Resources] = &[Resources {
    actions: &["logs:StartQuery"],
    names: "/logGroups",
    arns: GROUP_ARNS,
    patterns: true,
    lookups: &["logs:DescribeLogGroups"],
}];

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
            with("limit", json!(1_000_000)),
            with("limit", json!(null)),
            with("accounts", json!(["prod", "stage"])),
            with("regions", json!(["eu-west-1"])),
            with("maxBytesScanned", json!("20GB")),
            with("failWhen", json!("rowCount > 0")),
            with("range", json!({"past": "1d", "alignTo": "1d"})),
            json!({"language": "SQL", "query": "SELECT * FROM `/app`"}),
            json!({"query": "SOURCE logGroups(namePrefix: ['/app']) | fields @message"}),
        ] {
            assert_eq!(refusals(&config), Vec::<String>::new(), "{config}");
            serde_json::from_value::<Query>(config.clone()).unwrap_or_else(|error| panic!("{config}: {error}"));
        }
    }

    #[test]
    fn the_schema_refuses_what_aws_would() {
        for (config, place) in [
            (json!({"query": "fields @message"}), ""),
            (json!({"query": "select", "language": "PPL"}), ""),
            (with("maxBytesScanned", json!("20 GB")), "/maxBytesScanned"),
            (with("accounts", json!([])), "/accounts"),
            (with("maxQueries", json!(0)), "/maxQueries"),
            (with("logGroups", json!([])), "/logGroups"),
            (with("logGroups", json!([""])), "/logGroups/0"),
            (with("logGroups", json!(["two words"])), "/logGroups/0"),
            (with("query", json!("")), "/query"),
            (with("query", json!("x".repeat(10_001))), "/query"),
            (with("limit", json!(0)), "/limit"),
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
            (json!({"alignTo": "1h"}), "\"start\" is a required property"),
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
        assert_eq!(schema["required"], json!(["query"]), "`logGroups` as `if` and `then` say");
        assert_eq!(schema["additionalProperties"], json!(false));
    }
}
