//! Making a job ready: every plugin loaded, every rule checked that can be. Nothing has happened outside until then.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_credentials::known_project;
use windlass_errors::nearest_hint;
use windlass_jobs::{Action, Bound, Job, JobError, Step, StepType};
use windlass_settings::ProjectName;
use windlass_store::Telling;

use crate::plugins::{Plugin, is_missing};
use crate::{Engine, EngineError};

/// A job, ready to run with the values of its options.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The job.
    pub job: Arc<Job>,
    /// The project that it runs in.
    pub project: ProjectName,
    /// The values of its options.
    pub bound: Bound,
    /// Which stored version of which job it is; none for a file.
    pub version: Option<JobVersion>,
    /// What it tells of another execution.
    pub(crate) telling: Option<Telling>,
    /// How many jobs refer to it, one above the other.
    pub(crate) depth: usize,
    /// What a member must have to take an execution of it, JSON.
    pub(crate) needs: String,
    /// The plugins that its steps use, by name. They stay as they are however long it runs.
    pub(crate) plugins: BTreeMap<String, Arc<Plugin>>,
}

/// A version of a stored job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobVersion {
    /// The job.
    pub job: uuid::Uuid,
    /// Its version.
    pub version: i64,
}

impl Engine {
    /// Makes a job ready.
    ///
    /// # Errors
    /// What is wrong with the project, or a plugin that the job uses.
    pub async fn prepare(
        &self,
        project: ProjectName,
        job: Arc<Job>,
        bound: Bound,
        version: Option<JobVersion>,
    ) -> Result<Prepared, EngineError> {
        known_project(&self.settings, &project)?;
        let plugins = self.plugins_of(&job).await?;
        let needs = self.requirements(&project, &job).await?;
        Ok(Prepared { job, project, bound, version, telling: None, depth: 0, needs, plugins })
    }

    /// Loads and describes each plugin of the job once.
    pub(crate) async fn plugins_of(&self, job: &Job) -> Result<BTreeMap<String, Arc<Plugin>>, EngineError> {
        let mut plugins = BTreeMap::new();
        for step in job.all_steps() {
            let Action::Uses { uses, .. } = &step.action else { continue };
            if !plugins.contains_key(&uses.plugin) {
                let plugin = self.plugins.get(&uses.plugin, &self.settings, &self.store).await;
                plugins.insert(uses.plugin.clone(), plugin.map_err(|error| unknown_plugin(job, step, error))?);
            }
        }
        Ok(plugins)
    }
}

impl Prepared {
    /// The plugin of a step type, which has it.
    pub(crate) fn plugin(&self, step: &Step, uses: &StepType) -> Result<&Arc<Plugin>, JobError> {
        let plugin = self.plugins.get(&uses.plugin).expect("the plugins of all steps are loaded");
        if plugin.step(&uses.step).is_some() {
            return Ok(plugin);
        }
        let message = format!("plugin `{}` has no step `{}`", uses.plugin, uses.step);
        let hint = nearest_hint(&uses.step, plugin.metadata.steps.iter().map(|offered| offered.name.as_str()));
        Err(self.job.error("job.unknown-step-type", uses_at(step), message).or_hint(hint))
    }
}

/// A plugin that is not there is a step type that is not there, at its place in the job.
fn unknown_plugin(job: &Job, step: &Step, error: EngineError) -> EngineError {
    match &error {
        EngineError::Plugin(missing @ windlass_hosting::HostingError::NotFound { hint, .. }) if is_missing(missing) => {
            job.error("job.unknown-step-type", uses_at(step), missing.to_string()).or_hint(hint.clone()).into()
        }
        _ => error,
    }
}

pub(crate) fn uses_at(step: &Step) -> windlass_settings::yaml::Position {
    match &step.action {
        Action::Uses { at, .. } | Action::Job { at, .. } => *at,
        Action::Parallel { .. } | Action::Steps(_) => step.at,
    }
}
