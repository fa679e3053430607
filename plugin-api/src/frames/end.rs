//! How long a step may go on, and how it ended.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why the step must stop.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancel {
    /// How long it has before the process is ended.
    pub grace_ms: u64,
}

/// A sign of life.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alive {
    /// From now on the host ends itself then; see [`RunnerHello::until_ms`](super::RunnerHello::until_ms).
    pub until_ms: u64,
}

/// A success.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Done {
    /// Fits the step type's outputs schema.
    pub outputs: Value,
}

/// A panic that the library's guard caught.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Panicked {
    /// What it said.
    pub message: String,
}
