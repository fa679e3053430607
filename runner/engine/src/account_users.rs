//! Who would miss an account.

use serde_json::Value;
use windlass_jobs::{Job, Tree, written};
use windlass_plugin_api::fields::ACCOUNT;
use windlass_settings::{Account, AccountName, Project, Scope, Source};

use crate::needs::{Use, uses};
use crate::workshop::Used;
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
        let jobs = self.stored(&project.name).await?;
        let used = self.used(&jobs).await;
        for job in &jobs {
            users.extend(use_by(job, name, &used).map(|how| format!("job `{}/{}` {how}", project.name, job.name)));
        }
        Ok(users)
    }
}

/// How a job itself uses an account, in words. Of a step type that is not known here, any text may be the name of one.
fn use_by(job: &Job, name: &AccountName, used: &Used) -> Option<String> {
    let own = |of: &Use<'_>| of.step.and_then(|step| step.account.as_ref()).map(Tree::raw);
    let named = |of: &Use<'_>| {
        let with = used.step(of.uses).map(|metadata| written(&metadata.config, &of.with, ACCOUNT).texts);
        own(of).is_some_and(|own| own == name.as_str())
            || with.is_some_and(|texts| texts.iter().any(|it| it == name.as_str()))
    };
    if job.account.iter().chain(&job.accounts).any(|it| it == name) || uses(job).any(|of| named(&of)) {
        return Some("names it".to_owned());
    }
    let unknown = uses(job).find(|of| used.step(of.uses).is_none() && holds(&of.with, name.as_str()))?;
    Some(format!("may name it, in a step of type `{}`, which is not known here", unknown.uses))
}

fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own == text,
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(entries) => entries.values().any(|entry| holds(entry, text)),
        _ => false,
    }
}
