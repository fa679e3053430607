//! What the author of a Windlass plugin depends on.
//!
//! A plugin is a shared library with one or more *step types*. A step type is a Rust type for its configuration, one
//! for its outputs, and an async function between them:
//!
//! ```
//! use windlass_plugin_api::{Context, JsonSchema, Step, StepError, StepInfo, export_plugin};
//! use serde::{Deserialize, Serialize};
//!
//! /// Greets somebody.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields, rename_all = "camelCase")]
//! struct Greet {
//!     /// Whom to greet.
//!     name: String,
//! }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Greeted {
//!     text: String,
//! }
//!
//! impl Step for Greet {
//!     const INFO: StepInfo = StepInfo { name: "greet", title: "Greet", ..StepInfo::DEFAULT };
//!     type Outputs = Greeted;
//!
//!     async fn run(self, context: Context) -> Result<Greeted, StepError> {
//!         context.info("about to greet");
//!         Ok(Greeted { text: format!("hello {}", self.name) })
//!     }
//! }
//!
//! export_plugin! { name: "greeter", title: "Greeter", description: "An example.", steps: [Greet] }
//! ```
//!
//! The runner starts a fresh, restricted process for every step, loads the library there, and calls it once; nothing
//! a plugin does reaches the runner or another step. What crosses the process border is described in [`frames`], what
//! crosses the library border in [`boundary`]. Two numbers guard them: [`frames::PROTOCOL`] and [`note::ABI`].
//!
//! Deliberately absent: anything of the runner's own, and any way to reach another step.

mod artifact;
#[cfg(feature = "aws")]
mod aws;
pub mod boundary;
pub mod broker;
mod confinement;
#[cfg(feature = "net")]
mod connect;
mod context;
mod error;
mod export;
pub mod fields;
pub mod frames;
#[cfg(feature = "host")]
pub mod host;
#[cfg(feature = "http")]
pub mod http;
mod metadata;
pub mod note;
#[cfg(feature = "peer")]
pub mod peer;
mod preview;
#[cfg(feature = "program")]
mod program;
#[cfg(feature = "tls")]
mod secure;
mod step;
mod table;
#[cfg(feature = "transport")]
mod transport;

pub use artifact::Artifact;
#[cfg(feature = "aws")]
pub use aws::{SdkConfig, SdkFailure, explain_sdk_error};
#[cfg(feature = "net")]
pub use connect::ConnectError;
pub use context::Context;
pub use error::StepError;
pub use fields::{Account, Endpoint, Region, Secret, Server};
pub use metadata::{NetworkMetadata, PluginMetadata, ResourcesMetadata, StepMetadata};
pub use schemars::{self, JsonSchema};
#[cfg(feature = "tls")]
pub use secure::{Secured, TlsError};
pub use step::{Network, Resources, Step, StepInfo};
pub use table::{Cell, Table};

#[doc(hidden)]
pub mod __private {
    pub use crate::export::{call, lib_header, load, metadata, root_module, run_step};
    #[cfg(feature = "program")]
    pub use crate::program::main;
    pub use abi_stable::library::{LibHeader, RootModuleResult};
    pub use abi_stable::std_types::{RStr, RString};
}
