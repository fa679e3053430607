use windlass_credentials::Permissions;
use windlass_engine::Needs;
use windlass_settings::{Account, ProjectName, Scope};

use super::super::scope::Ground;

/// What the stored jobs of projects do with accounts, or why that is not known.
pub(super) struct Declared(Vec<(ProjectName, Result<Needs, String>)>);

impl Declared {
    /// By the jobs of one project, or of all.
    pub(super) async fn by(ground: &Ground, project: Option<&ProjectName>) -> Self {
        let all = ground.settings.projects.iter().map(|project| &project.name);
        let mut found = Vec::new();
        for name in all.filter(|name| project.is_none_or(|project| project == *name)) {
            let needs = ground.of_project(name).await;
            found.push((name.clone(), needs.map_err(|problem| format!("project `{name}`: {}", problem.brief()))));
        }
        Self(found)
    }

    pub(super) fn of(&self, account: &Account) -> Result<Permissions, String> {
        let concerns = |project: &ProjectName| match &account.scope {
            Scope::System => true,
            Scope::Project(own) => own == project,
        };
        let mut declared = Permissions::default();
        for (_, needs) in self.0.iter().filter(|(project, _)| concerns(project)) {
            if let Some(permissions) = needs.as_ref().map_err(Clone::clone)?.of(account) {
                declared.extend(permissions);
            }
        }
        Ok(declared)
    }
}
