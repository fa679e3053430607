use std::collections::BTreeMap;

use windlass_errors::nearest_hint;

use super::Checker;
use crate::shape::{GrantShape, Text};
use crate::yaml::Spanned;
use crate::{Grant, ProjectName, RolePattern, Scope, Source};

/// The sources that are the runner's own; the others are of those who made them.
const OWN: [&str; 5] = ["ec2-instance-role", "ecs-task-role", "eks-pod-identity", "web-identity", "profile"];

impl Checker<'_> {
    pub(super) fn sources(&mut self, shapes: &BTreeMap<String, Spanned<GrantShape>>) -> BTreeMap<&'static str, Grant> {
        let mut sources = BTreeMap::new();
        for (name, shape) in shapes {
            let GrantShape { allowed_projects, allowed_roles } = &shape.value;
            let grant = self.grant(allowed_projects.as_ref(), allowed_roles.as_ref(), &Scope::System);
            match OWN.into_iter().find(|own| own == name) {
                Some(own) => drop(sources.insert(own, grant)),
                None if Source::NAMES.contains(&name.as_str()) => {
                    let hint = "write `allowedProjects` and `allowedRoles` into the account that others start from";
                    self.fault(shape, format!("`{name}` is no identity of the runner itself"), Some(hint.to_owned()));
                }
                None => self.fault(shape, format!("there is no source `{name}`"), Some(nearest_hint(name, OWN))),
            }
        }
        sources
    }

    pub(super) fn grant(
        &mut self,
        projects: Option<&Spanned<Vec<Text>>>,
        roles: Option<&Spanned<Vec<Text>>>,
        scope: &Scope,
    ) -> Grant {
        if let (Some(list), Scope::Project(_)) = (projects, scope) {
            self.fault(list, "an account of a project is for that project alone", None);
        }
        let projects = projects.map(|list| self.list(&list.value, ProjectName::parse));
        let roles = roles.map(|list| self.list(&list.value, RolePattern::parse));
        Grant { projects, roles }
    }

    fn list<T>(&mut self, texts: &[Text], rule: impl Fn(&str) -> Result<T, String> + Copy) -> Vec<T> {
        texts.iter().filter_map(|text| self.parse(text, rule)).collect()
    }
}
