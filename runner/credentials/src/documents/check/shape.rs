//! The shape of a trust policy (AWS IAM user guide, "Grammar of the IAM JSON policy language"). It has no `Resource`: that
//! is the role itself, and IAM refuses one.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::several::{Object, Scalar, Several, Unique};

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DocumentShape {
    #[serde(rename = "Version", default)]
    _version: Option<VersionShape>,
    #[serde(rename = "Id", default)]
    _id: Option<String>,
    pub(super) statement: Several<Object<StatementShape>>,
}

#[derive(Debug, serde::Deserialize)]
enum VersionShape {
    #[serde(rename = "2012-10-17")]
    Current,
    #[serde(rename = "2008-10-17")]
    Old,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct StatementShape {
    #[serde(default)]
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    #[serde(default)]
    pub(super) principal: Option<PrincipalShape>,
    #[serde(default)]
    pub(super) not_principal: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) action: Option<Several<String>>,
    #[serde(default)]
    pub(super) not_action: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) condition: Conditions,
}

/// Operators with keys and the values of each.
pub(super) type Conditions = Unique<Unique<Several<Scalar>>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Debug)]
pub(super) enum PrincipalShape {
    /// A bare text, of which IAM knows `*`.
    Text(String),
    Named(Box<NamedPrincipals>),
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct NamedPrincipals {
    #[serde(rename = "AWS", default)]
    pub(super) aws: Option<Several<String>>,
    #[serde(default)]
    pub(super) service: Option<Several<String>>,
    #[serde(default)]
    pub(super) federated: Option<Several<String>>,
}

impl DocumentShape {
    /// What the grammar demands beside the types; the error is the reason.
    pub(super) fn check(&self) -> Result<(), String> {
        for (index, Object(statement)) in self.statement.0.iter().enumerate() {
            let wrong = |what: &str| Err(format!("statement {} {what}", index + 1));
            match (&statement.principal, &statement.not_principal) {
                (None, None) => return wrong("has no `Principal`"),
                (Some(_), Some(_)) => return wrong("has both `Principal` and `NotPrincipal`"),
                _ => {}
            }
            match (&statement.action, &statement.not_action) {
                (None, None) => return wrong("has no `Action`"),
                (Some(_), Some(_)) => return wrong("has both `Action` and `NotAction`"),
                _ => {}
            }
        }
        Ok(())
    }
}

impl StatementShape {
    /// Whether it may let a role, a user or an account assume the role; only these can send an external ID.
    pub(super) fn lets_identities_assume(&self) -> bool {
        let identities = match &self.principal {
            Some(PrincipalShape::Named(named)) => named.aws.is_some(),
            Some(PrincipalShape::Text(_)) | None => true,
        };
        let actions = self.action.as_ref().map(|Several(actions)| actions);
        let assumes = actions.is_none_or(|actions| actions.iter().any(|action| matches(action, "sts:AssumeRole")));
        identities && assumes
    }
}

/// Whether a pattern of IAM, with `*` and `?`, fits a text; actions know no case.
fn matches(pattern: &str, text: &str) -> bool {
    fn rest(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([b'*', more @ ..], _) => (0..=text.len()).any(|skipped| rest(more, &text[skipped..])),
            ([b'?', pattern @ ..], [_, text @ ..]) => rest(pattern, text),
            ([p, pattern @ ..], [t, text @ ..]) => p.eq_ignore_ascii_case(t) && rest(pattern, text),
            ([], []) => true,
            _ => false,
        }
    }
    // A row of `*` is one, and more of them would be tried in vain.
    let mut pattern = pattern.as_bytes().to_vec();
    pattern.dedup_by(|a, b| *a == b'*' && *b == b'*');
    rest(&pattern, text.as_bytes())
}

impl<'de> Deserialize<'de> for PrincipalShape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PrincipalVisitor)
    }
}

struct PrincipalVisitor;

impl<'de> Visitor<'de> for PrincipalVisitor {
    type Value = PrincipalShape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `AWS`, `Service` or `Federated`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PrincipalShape, E> {
        Ok(PrincipalShape::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PrincipalShape, A::Error> {
        let named = NamedPrincipals::deserialize(MapAccessDeserializer::new(map))?;
        Ok(PrincipalShape::Named(Box::new(named)))
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn actions_are_patterns_without_case() {
        for pattern in ["sts:AssumeRole", "STS:assumerole", "sts:*", "*", "sts:Assume*", "sts:?ssume****Role"] {
            assert!(matches(pattern, "sts:AssumeRole"), "{pattern}");
        }
        for pattern in ["sts:TagSession", "sts:AssumeRoleWithSAML", "sts:AssumeRol", "iam:*", ""] {
            assert!(!matches(pattern, "sts:AssumeRole"), "{pattern}");
        }
    }
}
