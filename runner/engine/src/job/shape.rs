//! The shape of a job file, before any rule beyond its types is checked.

use serde::Deserialize;
use windlass_settings::yaml::Spanned;

use crate::tree::Tree;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct JobFile {
    #[serde(rename = "apiVersion")]
    pub(super) _api_version: String,
    #[serde(rename = "kind")]
    pub(super) _kind: String,
    pub(super) name: Spanned<String>,
    pub(super) description: Option<String>,
    pub(super) account: Option<Spanned<String>>,
    pub(super) region: Option<String>,
    pub(super) timeout: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) options: Vec<Spanned<OptionFile>>,
    pub(super) steps: Spanned<Vec<Spanned<StepFile>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OptionFile {
    pub(super) name: Spanned<String>,
    pub(super) description: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Spanned<super::OptionKind>>,
    #[serde(default)]
    pub(super) required: bool,
    pub(super) default: Option<Tree>,
    #[serde(default)]
    pub(super) values: Vec<Tree>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StepFile {
    pub(super) id: Option<Spanned<String>>,
    pub(super) uses: Spanned<String>,
    pub(super) account: Option<Spanned<String>>,
    pub(super) region: Option<String>,
    pub(super) timeout: Option<Spanned<String>>,
    pub(super) with: Option<Tree>,
}
