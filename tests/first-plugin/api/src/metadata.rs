use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Step;

/// A plugin's description of itself: from it come forms, validation, documentation and policies.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginMetadata {
    /// Kebab-case; unique among the plugins of a runner.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// The version of this crate that it was built with.
    pub api: String,
    /// A few words.
    pub title: String,
    /// Some sentences, Markdown.
    pub description: String,
    /// Its step types.
    pub steps: Vec<StepMetadata>,
}

/// One step type.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepMetadata {
    /// Kebab-case.
    pub name: String,
    /// A few words.
    pub title: String,
    /// Some sentences, Markdown.
    pub description: String,
    /// JSON Schema of the configuration (`with:`).
    pub config: Value,
    /// JSON Schema of the outputs.
    pub outputs: Value,
    /// IAM actions it needs.
    pub actions: Vec<String>,
    /// Whether it asks for credentials.
    pub needs_account: bool,
    /// Whether running it twice does no harm.
    pub repeatable: bool,
    /// An example of `with:`, YAML; empty when there is none.
    #[serde(default)]
    pub example: String,
}

impl StepMetadata {
    /// The description of step type `S`.
    pub fn of<S: Step>() -> Self {
        Self {
            name: S::INFO.name.to_owned(),
            title: S::INFO.title.to_owned(),
            description: S::INFO.description.to_owned(),
            config: schemars::schema_for!(S).to_value(),
            outputs: schemars::schema_for!(S::Outputs).to_value(),
            actions: S::INFO.actions.iter().map(|&action| action.to_owned()).collect(),
            needs_account: S::INFO.needs_account,
            repeatable: S::INFO.repeatable,
            example: S::INFO.example.to_owned(),
        }
    }
}
