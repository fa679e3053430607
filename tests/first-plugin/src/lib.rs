//! A plugin built with the first `windlass-plugin-api`: it has to load and run in every runner of the same major version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Context, Step, StepError, StepInfo, export_plugin};

/// Uses all that the first api offered to a step without an account.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Greet {
    /// Whom to greet.
    name: String,
}

#[derive(Serialize, JsonSchema)]
struct Greeted {
    text: String,
    execution: String,
    refused: Option<String>,
}

impl Step for Greet {
    const INFO: StepInfo = StepInfo { name: "greet", title: "Greet", ..StepInfo::DEFAULT };
    type Outputs = Greeted;

    async fn run(self, context: Context) -> Result<Greeted, StepError> {
        context.info("about to greet");
        context.progress("greeting", Some(0.5));
        let mut table = context.table("greetings", vec!["name".to_owned()]);
        table.row([self.name.as_str().into()]);
        let refused = context.or_cancelled(context.credentials()).await?.err().map(|error| error.code);
        Ok(Greeted { text: format!("hello {}", self.name), execution: context.execution().id.clone(), refused })
    }
}

/// Says which key it got, and where.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Key {}

#[derive(Serialize, JsonSchema)]
struct Given {
    id: String,
    region: String,
}

impl Step for Key {
    const INFO: StepInfo = StepInfo { name: "key", title: "Key", needs_account: true, ..StepInfo::DEFAULT };
    type Outputs = Given;

    async fn run(self, context: Context) -> Result<Given, StepError> {
        let id = context.credentials().await?.access_key_id;
        Ok(Given { id, region: context.region()?.to_owned() })
    }
}

export_plugin! { name: "first", title: "First", description: "Built with the first api.", steps: [Greet, Key] }
