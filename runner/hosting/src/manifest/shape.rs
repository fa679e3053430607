//! The shape of a manifest, before any rule beyond its types is checked.

use serde::Deserialize;
use serde_json::Value;
use windlass_plugin_api::ResourcesMetadata;
use windlass_settings::yaml::Spanned;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ManifestFile {
    #[serde(rename = "apiVersion")]
    pub(super) _api_version: String,
    #[serde(rename = "kind")]
    pub(super) _kind: String,
    pub(super) name: Spanned<String>,
    pub(super) version: Spanned<String>,
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) program: Spanned<String>,
    #[serde(default)]
    pub(super) arguments: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) network: Access,
    pub(super) steps: Spanned<Vec<StepFile>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StepFile {
    pub(super) name: Spanned<String>,
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) config: Spanned<Value>,
    pub(super) outputs: Spanned<Value>,
    #[serde(default)]
    pub(super) actions: Vec<String>,
    #[serde(default)]
    pub(super) resources: Vec<ResourcesFile>,
    #[serde(default)]
    pub(super) needs_account: bool,
    #[serde(default)]
    pub(super) takes_account: bool,
    #[serde(default)]
    pub(super) verifies_account: bool,
    #[serde(default)]
    pub(super) repeatable: bool,
    #[serde(default)]
    pub(super) resumable: bool,
    #[serde(default)]
    pub(super) network: Destinations,
    #[serde(default)]
    pub(super) example: String,
}

/// The resources that a step's configuration names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ResourcesFile {
    pub(super) actions: Vec<String>,
    pub(super) names: String,
    pub(super) arns: Vec<String>,
    #[serde(default)]
    pub(super) patterns: bool,
    #[serde(default)]
    pub(super) lookups: Vec<String>,
}

impl ResourcesFile {
    pub(super) fn metadata(self) -> ResourcesMetadata {
        let Self { actions, names, arns, patterns, lookups } = self;
        ResourcesMetadata { actions, names, arns, patterns, lookups }
    }
}

/// How a program connects.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Access {
    /// It asks the runner.
    #[default]
    Brokered,
    /// It makes its own connections, which an administrator has to allow.
    Direct,
}

/// Where a step type connects to.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Destinations {
    pub(super) aws: Vec<String>,
    pub(super) hosts: Vec<String>,
}
