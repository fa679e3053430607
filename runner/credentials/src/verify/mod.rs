//! Proving that an account works: each hop of its way is really gone, and what must be refused is really refused.
//!
//! [`Sessions::verify`](crate::Sessions::verify) neither reads the session cache nor writes it: what was right an hour ago
//! proves nothing. A hop that fails ends the way. What cannot be looked at is *skipped* and says why; it is never a pass.

mod actions;
mod checked;
mod external_id;
mod iam;
mod region;
mod trust;
mod verification;
mod way;

use crate::Permissions;

pub use checked::{CheckKind, Checked, Outcome};
pub use verification::Verification;
pub(crate) use way::verify;

/// What is to be proven beside the way itself.
pub struct Checks<'a> {
    /// Whether a role with an external ID is asked for without it, which must be refused and is seen in `CloudTrail`.
    pub without_external_id: bool,
    /// What steps do with the account, or why that is not known.
    pub declared: Result<Permissions, String>,
    /// The command that prints the policy which allows what is declared.
    pub policy_command: &'a str,
    /// Hears a line before something is done that others will see.
    pub announce: &'a (dyn Fn(&str) + Send + Sync),
}
