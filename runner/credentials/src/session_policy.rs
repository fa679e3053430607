//! What narrows a session to what a step declares.

use std::collections::BTreeSet;
use std::sync::Arc;

use windlass_settings::{Narrowing, Role};

use crate::Permissions;

/// The policy of a session. It takes from what the role may do and adds nothing (AWS IAM user guide, "Session policies").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SessionPolicy {
    /// Whatever the role may do.
    None,
    /// This document.
    Inline(Arc<str>),
    /// What these managed policies allow, by their ARNs.
    Managed(Arc<[String]>),
}

/// What STS takes (AWS STS API reference, `AssumeRole`, `Policy`).
const LONGEST: usize = 2048;

/// What a step declares is more than a session's policy can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// The characters of the shortest form that says it.
    pub characters: usize,
}

impl SessionPolicy {
    /// The policy of the role's sessions for a step that declares these permissions; nothing when it declares none, for
    /// then nobody knows what it needs.
    ///
    /// Where the document would be too long, resources whose names begin alike become one pattern; then the role's
    /// `sessionPolicyArns` stand in. No action is ever added.
    ///
    /// # Errors
    /// [`TooLong`]
    pub fn of(role: &Role, permissions: &Permissions) -> Result<Self, TooLong> {
        let Narrowing::Declared { otherwise } = &role.narrowing else { return Ok(Self::None) };
        if permissions.is_empty() {
            return Ok(Self::None);
        }
        let mut permissions = permissions.clone();
        loop {
            let text = serde_json::to_string(&permissions.policy()).expect("a policy is JSON");
            if text.len() <= LONGEST {
                return Ok(Self::Inline(text.into()));
            }
            if !permissions.share_a_prefix() {
                return match otherwise.is_empty() {
                    false => Ok(Self::Managed(otherwise.clone().into())),
                    true => Err(TooLong { characters: text.len() }),
                };
            }
        }
    }
}

/// The two neighbours that share the longest beginning, as one pattern; nothing when none share more than the kind of
/// resource.
pub(crate) fn shared(resources: &BTreeSet<String>) -> Option<(String, [String; 2])> {
    let pairs = resources.iter().zip(resources.iter().skip(1));
    let common = pairs.filter_map(|(one, other)| Some((prefix(one, other)?, [one, other])));
    let (prefix, pair) = common.max_by_key(|(prefix, _)| prefix.len())?;
    Some((format!("{prefix}*"), pair.map(Clone::clone)))
}

/// The common beginning, which has to reach into the sixth part of the ARN past its kind. It ends in no escape: those are
/// `${*}` and the like.
fn prefix<'a>(one: &'a str, other: &str) -> Option<&'a str> {
    let equal = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
    let end = equal.map_or(one.len().min(other.len()), |((at, _), _)| at);
    let mut common = &one[..end];
    if let Some(open) = common.rfind("${").filter(|open| !common[*open..].contains('}')) {
        common = &common[..open];
    }
    let common = common.strip_suffix('$').unwrap_or(common).trim_end_matches('*');
    let resource = common.splitn(6, ':').nth(5)?;
    let kind = resource.find([':', '/'])?;
    (resource.len() > kind + 1).then_some(common)
}

#[cfg(test)]
mod tests;
