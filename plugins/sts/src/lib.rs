//! The `sts` plugin: asks AWS who a step is.
//!
//! Deliberately absent: `AssumeRole`. Roles are a matter of accounts, which the runner resolves.

mod caller_identity;
mod failure;
mod validate_credentials;

pub use caller_identity::{Caller, CallerIdentity};
pub use validate_credentials::{Found, ValidateCredentials, Validated};

windlass_plugin_api::export_plugin! {
    name: "sts",
    title: "Security Token Service",
    description: "Shows which identity a step has at AWS, and whether its account is as it should be.",
    steps: [CallerIdentity, ValidateCredentials],
}
