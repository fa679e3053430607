use aws_sdk_cloudwatchlogs::types::QueryLanguage;
use schemars::JsonSchema;
use serde::Deserialize;

/// The languages of queries
/// ([supported query languages](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_Languages.html)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(inline)]
pub(crate) enum Language {
    #[default]
    Cwli,
    Sql,
    Ppl,
}

impl Language {
    /// The language that AWS calls so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "CWLI" => Some(Self::Cwli),
            "SQL" => Some(Self::Sql),
            "PPL" => Some(Self::Ppl),
            _ => None,
        }
    }

    /// What AWS calls it; nothing for the one that needs not be said.
    pub(crate) fn of_aws(self) -> Option<QueryLanguage> {
        match self {
            Self::Cwli => None,
            Self::Sql => Some(QueryLanguage::Sql),
            Self::Ppl => Some(QueryLanguage::Ppl),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cwli => "Logs Insights QL",
            Self::Sql => "SQL",
            Self::Ppl => "PPL",
        }
    }
}
