use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// A policy document (AWS IAM user guide, "Grammar of the IAM JSON policy language").
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: Version,
    /// What is allowed.
    pub statement: Vec<Statement>,
}

/// The version of the policy language; the older one knows no variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Version {
    #[serde(rename = "2012-10-17")]
    Current,
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Its name, in letters and digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<&'static str>,
    effect: Effect,
    /// Whom a trust policy lets in; none in a policy of an identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// What may be done.
    pub action: Texts,
    /// With what; none in a trust policy, whose resource is its role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Texts>,
    /// When: operators with keys and the values of each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<&'static str, BTreeMap<&'static str, String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Effect {
    Allow,
}

/// Whom a trust policy lets in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Principal {
    /// A role, a user or an account, by its ARN.
    #[serde(rename = "AWS")]
    Aws(String),
    /// A service of AWS.
    Service(&'static str),
}

/// One text or several, sorted; one is written without brackets, as IAM does.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "OneOrMany")]
pub struct Texts(BTreeSet<String>);

#[derive(Serialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(BTreeSet<String>),
}

impl Policy {
    pub(super) fn new(statement: Vec<Statement>) -> Self {
        Self { version: Version::Current, statement }
    }
}

impl Statement {
    /// Lets an identity do something with some resources.
    pub(super) fn allow(action: Texts, resource: Texts) -> Self {
        let resource = Some(resource);
        Self { sid: None, effect: Effect::Allow, principal: None, action, resource, condition: BTreeMap::new() }
    }

    /// Lets somebody assume the role that has this trust policy.
    pub(super) fn trust(sid: &'static str, principal: Principal, action: Texts) -> Self {
        let (sid, principal) = (Some(sid), Some(principal));
        Self { sid, effect: Effect::Allow, principal, action, resource: None, condition: BTreeMap::new() }
    }

    /// Gives it a name.
    pub(super) fn named(self, sid: &'static str) -> Self {
        Self { sid: Some(sid), ..self }
    }

    /// Only when the key has exactly this value.
    pub(super) fn when_equal(mut self, key: &'static str, value: String) -> Self {
        self.condition.entry("StringEquals").or_default().insert(key, value);
        self
    }
}

impl From<Texts> for OneOrMany {
    fn from(Texts(mut texts): Texts) -> Self {
        match texts.len() {
            1 => Self::One(texts.pop_first().expect("there is one")),
            _ => Self::Many(texts),
        }
    }
}

impl From<&str> for Texts {
    fn from(text: &str) -> Self {
        Self(BTreeSet::from([text.to_owned()]))
    }
}

impl Texts {
    pub(super) fn add(&mut self, text: String) {
        self.0.insert(text);
    }
}

impl FromIterator<String> for Texts {
    fn from_iter<I: IntoIterator<Item = String>>(texts: I) -> Self {
        Self(texts.into_iter().collect())
    }
}

/// A text as it stands in a resource, where it would be taken for a pattern or a variable otherwise (AWS IAM user guide, "IAM
/// policy elements: Variables and tags").
pub fn literal(text: &str) -> String {
    text.replace('$', "${$}").replace('*', "${*}").replace('?', "${?}")
}

/// What a resource of a policy is called outside it: a [`literal`] as it was. Patterns stay.
pub(super) fn called(resource: &str) -> String {
    resource.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
}

#[cfg(test)]
mod tests {
    use super::{called, literal};

    #[test]
    fn a_name_is_no_pattern() {
        assert_eq!(literal("/web/a*b?c${aws:username}"), "/web/a${*}b${?}c${$}{aws:username}");
        assert_eq!(called(&literal("/web/a*b?c${aws:username}")), "/web/a*b?c${aws:username}");
    }
}
