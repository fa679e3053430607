//! Who would miss an account.

use std::collections::BTreeSet;

use windlass_jobs::{Action, Job};
use windlass_settings::{Account, AccountName, Project, Scope, Source};

use crate::{EngineError, Workshop};

impl Workshop<'_> {
    /// What uses the account of that name in that very scope: other accounts, defaults, stored jobs. One line each.
    ///
    /// # Errors
    /// `store.unavailable`, or what is wrong with a stored job.
    pub async fn users_of(&self, scope: &Scope, name: &AccountName) -> Result<Vec<String>, EngineError> {
        let settings = self.settings;
        let means_it = |account: Option<&Account>| account.is_some_and(|it| it.name == *name && it.scope == *scope);
        let mut users = Vec::new();
        let of_projects = settings.projects.iter().flat_map(|project| &project.accounts);
        for account in settings.accounts.iter().chain(of_projects) {
            if matches!(&account.source, Source::Account(of) if of == name)
                && means_it(settings.account(&account.scope, name))
            {
                users.push(format!("account `{}` of {} starts from it", account.name, account.scope));
            }
        }
        let of_system =
            [("defaultAccount", &settings.default_account), ("managingAccount", &settings.managing_account)];
        for (key, default) in of_system {
            if default.as_ref() == Some(name) && *scope == Scope::System {
                users.push(format!("it is the `{key}` of the configuration"));
            }
        }
        for project in &settings.projects {
            let own = Scope::Project(project.name.clone());
            if means_it(settings.account(&own, name)) {
                users.extend(self.of_project(project, name).await?);
            }
        }
        Ok(users)
    }

    async fn of_project(&self, project: &Project, name: &AccountName) -> Result<Vec<String>, EngineError> {
        let default = project.default_account.as_ref() == Some(name);
        let mut users: Vec<String> =
            default.then(|| format!("it is the `defaultAccount` of project `{}`", project.name)).into_iter().collect();
        for job in self.stored(&project.name).await? {
            if named_by(&job).contains(name.as_str()) {
                users.push(format!("job `{}/{}` names it", project.name, job.name));
            }
        }
        Ok(users)
    }
}

/// The accounts that a job names itself.
fn named_by(job: &Job) -> BTreeSet<String> {
    let of_steps = job.all_steps().filter_map(|step| match (&step.action, &step.account) {
        (Action::Uses { .. }, Some(tree)) => tree.raw().as_str().map(str::to_owned),
        _ => None,
    });
    let of_job = job.account.iter().chain(&job.accounts).map(ToString::to_string);
    of_steps.chain(of_job).collect()
}
