use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Resources, Step};

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
    /// With which resources it needs some of them. Since api 1.1.
    #[serde(default)]
    pub resources: Vec<ResourcesMetadata>,
    /// Whether it asks for credentials.
    pub needs_account: bool,
    /// Whether it can do with an account or without. Since api 1.1.
    #[serde(default)]
    pub takes_account: bool,
    /// Whether it has the runner try its account. Since api 1.1.
    #[serde(default)]
    pub verifies_account: bool,
    /// Whether running it twice does no harm.
    pub repeatable: bool,
    /// Whether a step that ended without a result can be resumed and abandoned. Since api 1.1.
    #[serde(default)]
    pub resumable: bool,
    /// Where it connects to. Since api 1.1.
    #[serde(default)]
    pub network: NetworkMetadata,
    /// An example of `with:`, YAML; empty when there is none.
    #[serde(default)]
    pub example: String,
}

/// The resources that a step's configuration names; see [`Resources`](crate::Resources).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourcesMetadata {
    /// The actions that need no others.
    pub actions: Vec<String>,
    /// A JSON pointer into the configuration.
    pub names: String,
    /// Templates of ARNs.
    pub arns: Vec<String>,
    /// Whether a `*` in a name stands for any text.
    #[serde(default)]
    pub patterns: bool,
    /// Actions that are only needed where a name is a pattern.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<String>,
}

/// Where a step type connects to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkMetadata {
    /// AWS services in the step's regions, by endpoint prefix.
    pub aws: Vec<String>,
    /// Others, `host:port`; a host may begin with `*.`.
    pub hosts: Vec<String>,
    /// Whether it makes its own connections.
    pub direct: bool,
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
            actions: owned(S::INFO.actions),
            resources: S::INFO.resources.iter().map(ResourcesMetadata::of).collect(),
            needs_account: S::INFO.needs_account,
            takes_account: S::INFO.takes_account,
            verifies_account: S::INFO.verifies_account,
            repeatable: S::INFO.repeatable,
            resumable: S::INFO.resumable,
            network: NetworkMetadata {
                aws: owned(S::INFO.network.aws),
                hosts: owned(S::INFO.network.hosts),
                direct: S::INFO.network.direct,
            },
            example: S::INFO.example.to_owned(),
        }
    }

    /// Whether a step of this type has an account; `named` says whether the step or its job names one.
    pub fn has_account(&self, named: bool) -> bool {
        self.needs_account || (self.takes_account && named)
    }
}

impl ResourcesMetadata {
    fn of(resources: &Resources) -> Self {
        let Resources { actions, names, arns, patterns, lookups } = *resources;
        let (actions, arns, lookups) = (owned(actions), owned(arns), owned(lookups));
        Self { actions, names: names.to_owned(), arns, patterns, lookups }
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}
