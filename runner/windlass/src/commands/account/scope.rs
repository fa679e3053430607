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
#[derive(Args, Default)]
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
    pub(super) store: Store,
    plugins: Plugins,
}

pub(super) async fn ground(global: &Global) -> Result<Ground, Problem> {
    let Desk { all: settings, store, .. } = desk(global).await?;
    Ok(Ground::new(settings, store))
}

impl Scope {
    /// Whether it is less than the stored jobs of projects.
    pub(super) fn is_narrower(&self) -> bool {
        self.job.is_some() || self.plugin.is_some()
    }

    /// The project, or that of the stored job.
    pub(super) fn project_of_all(&self) -> Result<Option<ProjectName>, Problem> {
        match (&self.project, &self.job) {
            (None, Some(job)) => Ok(Some(project_and_job(job)?.0)),
            (project, _) => Ok(project.clone()),
        }
    }

    /// The command that prints the policy of these steps.
    pub(super) fn policy_command(&self, project: Option<&ProjectName>, account: &Account) -> String {
        let project = match (&account.scope, project) {
            (windlass_settings::Scope::Project(project), _) | (_, Some(project)) => project.as_str(),
            (windlass_settings::Scope::System, None) => "PROJECT",
        };
        match (&self.job, &self.plugin) {
            (_, Some(plugin)) => format!("windlass account policy --plugin {plugin}"),
            (Some(job), None) if self.project.is_none() => {
                format!("windlass account policy {} --job {job}", account.name)
            }
            (Some(job), None) => {
                format!("windlass account policy {} --project {project} --job {job}", account.name)
            }
            (None, None) => format!("windlass account policy {} --project {project}", account.name),
        }
    }
}

fn project_and_job(job: &str) -> Result<(ProjectName, &str), Problem> {
    let parts = job.split_once('/').and_then(|(project, name)| Some((ProjectName::parse(project).ok()?, name)));
    parts.ok_or_else(|| Problem::usage("`--job` is PROJECT/NAME of a stored job, or the file of one with `--project`"))
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
    pub(super) fn new(settings: Settings, store: Store) -> Self {
        let plugins = Plugins::new(setup::catalog(&settings));
        Self { settings, store, plugins }
    }

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

    /// What the scope's steps need of an account.
    pub(super) async fn permissions(&self, scope: &Scope, account: &Account) -> Result<Permissions, Problem> {
        match self.declared(scope).await? {
            Some(permissions) => Ok(permissions),
            None => Ok(self.needs(scope).await?.of(account).cloned().unwrap_or_default()),
        }
    }

    /// What a project's stored jobs need.
    pub(super) async fn of_project(&self, project: &ProjectName) -> Result<Needs, Problem> {
        known_project(&self.settings, project)?;
        let workshop = self.workshop();
        Ok(workshop.needs(project, workshop.stored(project).await?).await?)
    }

    async fn job(&self, project: Option<&ProjectName>, job: &str) -> Result<(ProjectName, Job), Problem> {
        if let Some(project) = project {
            known_project(&self.settings, project)?;
            return Ok((project.clone(), Job::read(Path::new(job))?));
        }
        let (project, name) = project_and_job(job)?;
        let row = find::job(&self.settings, &self.store, &project, name).await?;
        let text = self.store.job_text(row.id, row.version).await?.unwrap_or_default();
        Ok((project, Job::parse(format!("{job}@{}", row.version).as_ref(), text)?))
    }
}
