//! The roles of an account in the order in which they are assumed, and by whom.

use windlass_settings::{Chain, Role};

use super::DocumentError;
use super::policy::Texts;

/// A role as it is assumed on the way to an account.
pub(super) struct Assumed<'a> {
    pub(super) role: &'a Role,
    /// The role that assumes it; none when that is the identity that Windlass authenticates as.
    pub(super) by: Option<&'a Role>,
    /// What both the trust policy of the role and a policy of who assumes it have to allow.
    pub(super) actions: Texts,
}

pub(super) const ASSUME: &str = "sts:AssumeRole";

/// All roles of a chain, the first one first.
pub(super) fn assumed(chain: &Chain) -> Vec<Assumed<'_>> {
    let (mut by, mut is_identified) = (None, false);
    let roles = chain.roles().map(|role| {
        is_identified |= role.source_identity.is_some();
        Assumed { role, by: by.replace(role), actions: actions(role, is_identified) }
    });
    roles.collect()
}

/// The role that steps work as.
///
/// # Errors
/// `account.document-incomplete` when the account assumes none.
pub(super) fn last(chain: &Chain) -> Result<Assumed<'_>, DocumentError> {
    assumed(chain).pop().ok_or_else(|| DocumentError::NoRole { account: Box::new(chain.account().clone()) })
}

/// Tags and a source identity are actions of their own. A source identity stays with all sessions that follow, each of which
/// takes the action; tags do not, unless they are made to (AWS IAM user guide, "Pass session tags in AWS STS", "Monitor and
/// control actions taken with assumed roles").
fn actions(role: &Role, is_identified: bool) -> Texts {
    let tags = (!role.tags.is_empty()).then_some("sts:TagSession");
    let identity = is_identified.then_some("sts:SetSourceIdentity");
    [Some(ASSUME), tags, identity].into_iter().flatten().map(str::to_owned).collect()
}
