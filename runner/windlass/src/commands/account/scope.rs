//! Which steps a document is for, and which account.

use std::path::Path;

use clap::Args;
use windlass_credentials::{DocumentError, Permissions, account_named, known_project};
use windlass_engine::{Needs, Plugins, Workshop, declared};
use windlass_errors::nearest_hint;
use windlass_jobs::Job;
use windlass_settings::{Account, AccountName, ProjectName, Settings};
use windlass_store::Store;

use super::desk::{Desk, desk};
use crate::arguments::Global;
use crate::problem::Problem;
use crate::{find, setup, show};

/// Which steps.
#[derive(Args)]
pub(super) struct Scope {
    /// All stored jobs of a project
    #[arg(long)]
    pub(super) project: Option<ProjectName>,
    /// One job: PROJECT/NAME if it is stored, or with `--project` its file
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// All step types of a plugin, with all resources
    #[arg(long, value_name = "NAME", conflicts_with = "job")]
    plugin: Option<String>,
}

/// What it takes to look at steps without running any.
pub(super) struct Ground {
    pub(super) settings: Settings,
    store: Store,
    plugins: Plugins,
}

pub(super) async fn ground(global: &Global) -> Result<Ground, Problem> {
    let Desk { all: settings, store, .. } = desk(global).await?;
    let plugins = Plugins::new(setup::catalog(&settings));
    Ok(Ground { settings, store, plugins })
}

/// An account of a project, or of the system when no project is given.
pub(super) fn account<'a>(
    settings: &'a Settings,
    project: Option<&ProjectName>,
    name: Option<&AccountName>,
) -> Result<Option<&'a Account>, Problem> {
    if let Some(project) = project {
        return Ok(Some(account_named(settings, project, name)?));
    }
    let Some(name) = name else { return Ok(None) };
    let found = settings.accounts.iter().find(|account| account.name == *name);
    let unknown = || {
        let hint = nearest_hint(name.as_str(), settings.accounts.iter().map(|account| account.name.as_str()));
        DocumentError::UnknownAccount { account: name.clone(), hint }
    };
    Ok(Some(settings.meant(found.ok_or_else(unknown)?)))
}

impl Ground {
    fn workshop(&self) -> Workshop<'_> {
        Workshop { settings: &self.settings, plugins: &self.plugins, store: &self.store }
    }

    /// What all step types of the plugin need, if the scope is one.
    pub(super) async fn declared(&self, scope: &Scope) -> Result<Option<Permissions>, Problem> {
        let Some(name) = &scope.plugin else { return Ok(None) };
        let plugin = self.plugins.get(name, &self.settings, &self.store).await?;
        Ok(Some(declared(&plugin.metadata.steps)))
    }

    /// What the scope's jobs need; without any scope, those of all projects.
    pub(super) async fn needs(&self, scope: &Scope) -> Result<Needs, Problem> {
        let mut needs = Needs::default();
        match (&scope.project, &scope.job) {
            (project, Some(job)) => {
                let (project, job) = self.job(project.as_ref(), job).await?;
                needs = self.workshop().needs(&project, vec![job]).await?;
            }
            (Some(project), None) => needs = self.of_project(project).await?,
            (None, None) => {
                for project in &self.settings.projects {
                    needs.extend(self.of_project(&project.name).await?);
                }
            }
        }
        for uses in &needs.undeclared {
            show::talk(format_args!(
                "step type `{uses}` says nothing about what it does at AWS; add the actions that its steps need"
            ));
        }
        Ok(needs)
    }

    async fn of_project(&self, project: &ProjectName) -> Result<Needs, Problem> {
        known_project(&self.settings, project)?;
        let workshop = self.workshop();
        Ok(workshop.needs(project, workshop.stored(project).await?).await?)
    }

    async fn job(&self, project: Option<&ProjectName>, job: &str) -> Result<(ProjectName, Job), Problem> {
        if let Some(project) = project {
            known_project(&self.settings, project)?;
            return Ok((project.clone(), Job::read(Path::new(job))?));
        }
        let parts = job.split_once('/').and_then(|(project, name)| Some((ProjectName::parse(project).ok()?, name)));
        let (project, name) = parts.ok_or_else(|| {
            Problem::usage("`--job` is PROJECT/NAME of a stored job, or the file of one with `--project`")
        })?;
        let row = find::job(&self.settings, &self.store, &project, name).await?;
        let text = self.store.job_text(row.id, row.version).await?.unwrap_or_default();
        Ok((project, Job::parse(format!("{job}@{}", row.version).as_ref(), text)?))
    }
}
