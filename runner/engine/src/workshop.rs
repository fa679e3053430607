//! Checking jobs without running any.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_errors::Report;
use windlass_jobs::{Job, JobErrors, Known, StepType, Values, check};
use windlass_plugin_api::StepMetadata;
use windlass_settings::{ProjectName, Settings};
use windlass_store::Store;

use crate::plugins::{Plugin, Plugins, is_missing};
use crate::{Engine, EngineError, Prepared};

/// What is needed to check jobs.
#[derive(Clone, Copy)]
pub struct Workshop<'a> {
    /// The configuration.
    pub settings: &'a Settings,
    /// The plugins.
    pub plugins: &'a Plugins,
    /// The database, which remembers what plugins said of themselves.
    pub store: &'a Store,
}

/// The plugins that some jobs use.
#[derive(Debug, Default)]
pub struct Used {
    found: BTreeMap<String, Arc<Plugin>>,
    /// The names of those that nothing was said of: nobody uses them, or they are refused.
    others: Vec<String>,
    /// Why plugins are refused.
    pub refused: Vec<EngineError>,
}

impl Workshop<'_> {
    /// Loads the plugins that jobs use, each once. One that is missing is no error here: the jobs are checked against it.
    pub async fn used(&self, jobs: impl IntoIterator<Item = &Job>) -> Used {
        let mut used = Used { others: self.plugins.names().await, ..Used::default() };
        let steps = jobs.into_iter().flat_map(Job::all_steps).filter_map(windlass_jobs::Step::uses);
        let names: std::collections::BTreeSet<&str> = steps.map(|uses| uses.plugin.as_str()).collect();
        for name in names {
            match self.plugins.get(name, self.settings, self.store).await {
                Ok(plugin) => drop(used.found.insert(name.to_owned(), plugin)),
                Err(EngineError::Plugin(error)) if is_missing(&error) => {}
                Err(error) => {
                    used.others.push(name.to_owned());
                    used.refused.push(error);
                }
            }
        }
        used
    }
}

impl Used {
    /// A step type of one of them.
    pub(crate) fn step(&self, uses: &StepType) -> Option<&StepMetadata> {
        self.found.get(&uses.plugin)?.step(&uses.step)
    }

    /// What jobs of a project are compared with.
    pub fn known<'a>(&'a self, jobs: impl IntoIterator<Item = &'a Job>) -> Known<'a> {
        let others = self.others.iter().map(|name| (name.as_str(), None));
        let found = self.found.iter().map(|(name, plugin)| (name.as_str(), Some(&plugin.metadata)));
        let jobs = jobs.into_iter().map(|job| (job.name.as_str(), job)).collect();
        Known { plugins: others.chain(found).collect(), jobs, ..Known::default() }
    }
}

impl Engine {
    /// What is needed to check jobs.
    pub fn workshop(&self) -> Workshop<'_> {
        Workshop { settings: &self.settings, plugins: &self.plugins, store: &self.store }
    }

    /// Everything that is wrong with a job before it runs: its steps against their step types, its accounts, its keys.
    ///
    /// # Errors
    /// All that was found, or that a plugin is refused.
    pub async fn check(&self, project: &ProjectName, job: &Job) -> Result<(), EngineError> {
        let stored = self.jobs_of(project, job).await?;
        let mut used = self.workshop().used([job]).await;
        if let Some(refused) = used.refused.pop() {
            return Err(refused);
        }
        let known = used.known(stored.iter().map(AsRef::as_ref).chain([job]));
        JobErrors::none(check(job, project, &known)).map_err(EngineError::from)
    }

    /// The stored jobs of a project that a job may come to refer to; none when it refers to none.
    async fn jobs_of(&self, project: &ProjectName, job: &Job) -> Result<Vec<Arc<Job>>, EngineError> {
        let mut jobs = Vec::new();
        if job.all_steps().any(|step| matches!(step.action, windlass_jobs::Action::Job { .. })) {
            for row in self.store.jobs(project.as_str()).await? {
                let version = crate::JobVersion { job: row.id, version: row.version };
                jobs.extend(self.stored_job(project, &row.name, version).await.ok());
            }
        }
        Ok(jobs)
    }

    /// Fills in and checks every step that depends on nothing but the options, so that a mistake there costs nothing.
    ///
    /// # Errors
    /// The first step that could not run.
    pub async fn rehearse(&self, prepared: &Prepared) -> Result<(), EngineError> {
        let job = &prepared.job;
        let run = crate::execution::Run::of_none(uuid::Uuid::nil(), prepared);
        let values: Values = run.values();
        for step in job.all_steps() {
            let windlass_jobs::Action::Uses { uses, with, .. } = &step.action else { continue };
            let condition = step.condition.as_ref().map(|tree| windlass_jobs::condition(tree, &values, job));
            if matches!(condition, Some(Ok(false))) {
                continue;
            }
            let ready = crate::step::PluginStep::new(self, prepared, (step, uses, with), &values).await;
            match ready {
                Err(EngineError::Job(errors)) if errors.first().code().as_str() == "job.undefined-reference" => {}
                Err(error) => return Err(error),
                Ok(ready) => drop(ready),
            }
        }
        Ok(())
    }
}
