//! The `sts` plugin: asks AWS who a step is.
//!
//! Deliberately absent: `AssumeRole`. Roles are a matter of accounts, which the runner resolves.

mod caller_identity;
mod failure;

pub use caller_identity::{Caller, CallerIdentity};

windlass_plugin_api::export_plugin! {
    name: "sts",
    title: "Security Token Service",
    description: "Shows which identity a step has at AWS.",
    steps: [CallerIdentity],
}
