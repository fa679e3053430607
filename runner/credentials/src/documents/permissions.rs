use std::collections::{BTreeMap, BTreeSet};

use super::Policy;
use super::policy::{Statement, Texts, called};
use crate::session_policy::shared;

/// Actions and the resources with which they are needed, gathered until a policy is made of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(BTreeMap<String, BTreeSet<String>>);

/// All resources: for an action that knows none, or whose resources nobody has named.
const ALL: &str = "*";

impl Permissions {
    /// Adds an action with these resources; without any, with all of them.
    pub fn add(&mut self, action: &str, resources: impl IntoIterator<Item = String>) {
        let known = self.0.entry(action.to_owned()).or_default();
        let mut resources = resources.into_iter().peekable();
        if resources.peek().is_none() {
            known.insert(ALL.to_owned());
        }
        known.extend(resources);
        if known.contains(ALL) {
            *known = BTreeSet::from([ALL.to_owned()]);
        }
    }

    /// Adds an action with all resources.
    pub fn add_everywhere(&mut self, action: &str) {
        self.add(action, [ALL.to_owned()]);
    }

    /// Adds all that another has.
    pub fn extend(&mut self, other: &Self) {
        for (action, resources) in &other.0 {
            self.add(action, resources.iter().cloned());
        }
    }

    /// Puts a pattern in the place of the two resources that begin most alike, of all actions; false when no two do.
    pub(crate) fn share_a_prefix(&mut self) -> bool {
        let found = self.0.values().filter_map(shared).max_by_key(|(pattern, _)| pattern.len());
        let Some((pattern, replaced)) = found else { return false };
        for resources in self.0.values_mut().filter(|resources| replaced.iter().all(|it| resources.contains(it))) {
            resources.retain(|it| !replaced.contains(it));
            resources.insert(pattern.clone());
        }
        true
    }

    /// Whether nothing is needed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The actions by the resource with which they are needed, as it is called outside policies.
    pub(crate) fn by_resource(&self) -> BTreeMap<String, Vec<String>> {
        let mut by_resource: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (action, resources) in &self.0 {
            for resource in resources {
                by_resource.entry(called(resource)).or_default().push(action.clone());
            }
        }
        by_resource
    }

    /// The policy of an identity that may do this and nothing else: one statement for the actions that have the same
    /// resources.
    pub fn policy(&self) -> Policy {
        let mut by_resources: BTreeMap<&BTreeSet<String>, Vec<String>> = BTreeMap::new();
        for (action, resources) in &self.0 {
            by_resources.entry(resources).or_default().push(action.clone());
        }
        let statement = |(resources, actions): (&BTreeSet<String>, Vec<String>)| {
            Statement::allow(actions.into_iter().collect::<Texts>(), resources.iter().cloned().collect())
        };
        Policy::new(by_resources.into_iter().map(statement).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn actions_with_the_same_resources_share_a_statement() {
        let mut permissions = Permissions::default();
        permissions.add_everywhere("logs:StopQuery");
        permissions.add("logs:StartQuery", ["arn:b".to_owned()]);
        permissions.add("logs:StartQuery", ["arn:a".to_owned(), "arn:b".to_owned()]);
        permissions.add_everywhere("logs:GetQueryResults");
        let wanted = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["logs:GetQueryResults", "logs:StopQuery"], "Resource": "*"},
            {"Effect": "Allow", "Action": "logs:StartQuery", "Resource": ["arn:a", "arn:b"]},
        ]});
        assert_eq!(serde_json::to_value(permissions.policy()).unwrap(), wanted);
    }

    #[test]
    fn what_is_needed_with_all_resources_names_none() {
        let mut permissions = Permissions::default();
        permissions.add("logs:StartQuery", ["arn:a".to_owned()]);
        permissions.add_everywhere("logs:StartQuery");
        permissions.add("logs:StartQuery", ["arn:b".to_owned()]);
        let mut nothing_named = Permissions::default();
        nothing_named.add("logs:StartQuery", []);
        for it in [permissions, nothing_named] {
            assert_eq!(serde_json::to_value(it.policy()).unwrap()["Statement"][0]["Resource"], "*");
        }
    }
}
