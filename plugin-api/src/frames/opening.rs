//! Who both sides are, before there is a step.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::PluginMetadata;
use crate::confinement::{Confinement, Containment, Program};

/// The number of this protocol.
pub const PROTOCOL: u32 = 1;
/// What a library's memory file is called among the descriptors of the first frame.
pub const LIBRARY_DESCRIPTOR: &str = "library";
/// What a program's memory file is called there.
pub const PROGRAM_DESCRIPTOR: &str = "program";
/// What the socket is called there on which connections are asked for ([`crate::broker`]).
pub const BROKER_DESCRIPTOR: &str = "broker";
/// The stage of a [`Refused`] that is contained worse than required; its message is the level.
pub const CONTAIN_STAGE: &str = "contain";

/// Who the runner is and what the host must keep to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunnerHello {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The runner's version.
    pub version: String,
    /// When the host ends itself unless an [`Alive`](super::Alive) says later, whatever the plugin does; one that reads this
    /// too late calls no plugin. Milliseconds of the machine's clock that nobody sets and that goes on while it sleeps
    /// (`CLOCK_BOOTTIME`).
    pub until_ms: u64,
    /// What the host may use.
    pub confinement: Confinement,
    /// A host that is contained worse refuses, at stage [`CONTAIN_STAGE`], before anything of the plugin has run.
    pub required: Containment,
    /// Whether the runner wants the metadata, and no step.
    pub describe: bool,
    /// How to start the plugin, when it is a program.
    pub program: Option<Program>,
    /// The descriptors that come with this frame, in order: [`LIBRARY_DESCRIPTOR`] or [`PROGRAM_DESCRIPTOR`], then
    /// [`BROKER_DESCRIPTOR`] when there is a step to run.
    pub descriptors: Vec<String>,
}

/// That the metadata is wanted, and no step.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Describe {}

/// What the host is, and how it is restricted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostHello {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The host's version, which is the runner's.
    pub version: String,
    /// What was put on, `name` to level (`landlock`: `full`, `partial`, `none`).
    pub restrictions: BTreeMap<String, String>,
    /// What all of it comes to.
    pub containment: Containment,
}

/// The library is loaded.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Loaded {
    /// What the plugin says of itself, when that is wanted.
    pub metadata: Option<Box<PluginMetadata>>,
}

/// Why the host did not get as far as the step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refused {
    /// A short word: `restrict`, [`CONTAIN_STAGE`], `load`, `start`.
    pub stage: String,
    /// What happened.
    pub message: String,
}
