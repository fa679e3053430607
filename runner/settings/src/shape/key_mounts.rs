use schemars::JsonSchema;
use serde::Deserialize;

use super::Text;

/// One of the stores is given, which is checked later: the error then has a place.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KeyMountShape {
    pub(crate) path: Text,
    #[serde(default, deserialize_with = "super::given")]
    pub(crate) secrets_manager: Option<MountedShape>,
    #[serde(default, deserialize_with = "super::given")]
    pub(crate) parameter_store: Option<MountedShape>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MountedShape {
    pub(crate) account: Text,
    pub(crate) region: Text,
    #[serde(default, deserialize_with = "super::given")]
    pub(crate) prefix: Option<Text>,
}
