use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use windlass_plugin_api::Secret;

use crate::word::Word;

/// What a name of a variable looks like to every shell (POSIX, "Environment Variable Definition").
const NAME: &str = "^[A-Za-z_][A-Za-z0-9_]*$";

/// What both step types have. The two types flatten it, so that a field is described once.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Options {
    /// Environment variables: the way to hand values over. They arrive byte for byte, whatever characters they have. A
    /// number arrives as JSON writes it; quote one that must keep its form (`'1.10'`, `'007'`).
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": NAME}))]
    pub(crate) env: BTreeMap<String, Word>,

    /// Secrets: the name of a variable, and the path of a key. The secret is written into a file that only this step can
    /// read and that is removed after it; the variable `NAME_FILE` has the file's path.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": NAME}))]
    pub(crate) secrets: BTreeMap<String, Secret>,

    /// Gives each secret as the variable `NAME` too. Whatever the command starts inherits it, and other processes of the
    /// same user can read it while the command runs.
    #[serde(default)]
    pub(crate) expose_in_env: bool,

    /// The folder to run in, an absolute path. Without it, a folder of this step alone that is removed after it.
    #[schemars(regex(pattern = "^/"))]
    pub(crate) working_folder: Option<String>,

    /// The exit codes that are a success.
    #[serde(default = "success_codes")]
    #[schemars(length(min = 1))]
    pub(crate) success_codes: Vec<u8>,

    /// What is given as standard input. Without it there is none.
    pub(crate) stdin: Option<String>,

    /// What standard output becomes beside being shown in the log: an output `text` (without blanks and line breaks around
    /// it), `json` (one document), `lines` (a list), or with `none` nothing. An output has at most 256 KiB.
    #[serde(default)]
    pub(crate) output: Output,

    /// How much of the machine it may use. `standard`: the files that the user of Windlass may use, but not Windlass's own
    /// or another step's. `strict`: the system's programs and a folder of its own. `none`: everything, if the configuration
    /// allows it (`shell.allowUnconfined`).
    #[serde(default)]
    pub(crate) sandbox: Sandbox,
}

fn success_codes() -> Vec<u8> {
    vec![0]
}

/// What becomes of standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline, extend("type" = "string"))]
pub(crate) enum Output {
    /// It is log only.
    #[default]
    None,
    /// Text, without blanks and line breaks around it.
    Text,
    /// One JSON document.
    Json,
    /// A list of lines.
    Lines,
}

/// How much of the machine a step may use. The runner puts it on; here it only matters to what an error says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline, extend("type" = "string"))]
pub(crate) enum Sandbox {
    /// The files that the runner's user may use, but not the runner's own or another step's.
    #[default]
    Standard,
    /// The system's programs, and the step's own folder.
    Strict,
    /// Everything. The configuration has to allow it (`shell.allowUnconfined`).
    #[serde(rename = "none")]
    Unconfined,
}
