use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use windlass_credentials::{Request, Resolved, known_project, resolve};
use windlass_errors::nearest_hint;
use windlass_hosting::{Catalog, HostLimits, Library};
use windlass_network::Destination;
use windlass_plugin_api::frames::MAX_FRAME;
use windlass_plugin_api::{PluginMetadata, StepMetadata};
use windlass_settings::{ProjectName, Settings};
use windlass_store::Store;

use crate::evaluate::evaluate;
use crate::expression::Expressions;
use crate::metadata::metadata;
use crate::surroundings::{self, KeysOfStep};
use crate::{EngineError, Job, JobError, Options, Step, schema};

/// The longest `with` as JSON, in bytes: a frame less what stands around it.
const LONGEST_CONFIG: usize = MAX_FRAME - 64 * 1024;

/// A job, ready to run: every file read, every expression evaluated, every rule checked. Nothing has happened outside.
#[derive(Debug)]
pub struct Prepared {
    /// The job.
    pub job: Job,
    /// The project that it runs in.
    pub project: ProjectName,
    /// The values of its options.
    pub options: Options,
    /// Its steps, in order.
    pub steps: Vec<PreparedStep>,
}

/// A step, ready to run.
#[derive(Clone, Debug)]
pub struct PreparedStep {
    /// The step as the job defines it.
    pub step: Step,
    /// Its plugin.
    pub library: Arc<Library>,
    /// Its step type.
    pub metadata: StepMetadata,
    /// Its `with`, expressions evaluated.
    pub config: Value,
    /// Its account, when its step type asks for credentials.
    pub account: Option<Resolved>,
    /// Where it may connect to.
    pub(crate) granted: Vec<Destination>,
    /// The keys whose texts it gets.
    pub(crate) keys: KeysOfStep,
}

/// What preparing needs beside the job.
#[derive(Clone, Copy)]
pub struct Workshop<'a> {
    /// The configuration.
    pub settings: &'a Settings,
    /// The plugins.
    pub catalog: &'a Catalog,
    /// The database, which remembers what plugins said of themselves.
    pub store: &'a Store,
}

/// A plugin that a job uses.
struct Used {
    library: Arc<Library>,
    metadata: PluginMetadata,
}

/// Makes a job ready.
///
/// # Errors
/// What is wrong with the project, the job, an account of it, or a plugin that it uses.
pub async fn prepare(
    workshop: Workshop<'_>,
    project: ProjectName,
    job: Job,
    options: Options,
) -> Result<Prepared, EngineError> {
    known_project(workshop.settings, &project)?;
    let used = plugins(workshop, &job).await?;
    let expressions = Expressions::new(&options);
    let mut steps = Vec::with_capacity(job.steps.len());
    for step in &job.steps {
        let plugin = &used[step.uses.plugin.as_str()];
        let metadata = step_type(&job, step, plugin)?;
        surroundings::verbatim(&step.with, &metadata.config, &job.file)?;
        let with = evaluate(&step.with, &expressions, &job.file)?;
        schema::check(&with, &metadata.config, &step.uses.to_string(), &job.file)?;
        check_length(&job, step, &with.value)?;
        let account = metadata.needs_account.then(|| account(workshop.settings, &project, &job, step)).transpose()?;
        let keys = surroundings::keys(&with, &metadata.config, &project, &job.file)?;
        let (library, granted) = (Arc::clone(&plugin.library), Vec::new());
        let mut step =
            PreparedStep { step: step.clone(), library, metadata, config: with.value, account, granted, keys };
        surroundings::permitted(&step, &project, workshop.settings)?;
        step.granted = surroundings::granted(&step, workshop.settings)?;
        steps.push(step);
    }
    Ok(Prepared { job, project, options, steps })
}

/// Loads and describes each plugin of the job once.
async fn plugins<'a>(workshop: Workshop<'_>, job: &'a Job) -> Result<BTreeMap<&'a str, Used>, EngineError> {
    let limits = HostLimits {
        memory_bytes: workshop.settings.limits.step_memory_bytes,
        output_bytes: workshop.settings.limits.step_output_bytes,
        processes: workshop.settings.limits.step_processes,
    };
    let mut used = BTreeMap::new();
    for step in &job.steps {
        let name = step.uses.plugin.as_str();
        if used.contains_key(name) {
            continue;
        }
        let catalog = workshop.catalog.clone();
        let wanted = name.to_owned();
        let loading = tokio::task::spawn_blocking(move || catalog.load(&wanted));
        let library = loading.await.expect("loading a library does not panic");
        let library = library.map_err(|error| unknown_plugin(job, step, error))?;
        let metadata = metadata(&library, &limits, workshop).await?;
        used.insert(name, Used { library: Arc::new(library), metadata });
    }
    Ok(used)
}

/// A plugin that is not there is a step type that is not there, at its place in the job.
fn unknown_plugin(job: &Job, step: &Step, error: windlass_hosting::HostingError) -> EngineError {
    match &error {
        windlass_hosting::HostingError::NotFound { refused, hint, .. } if refused.is_empty() => {
            let place = job.file.at(step.uses_at, error.to_string()).with_hint(hint.clone());
            JobError::at("job.unknown-step-type", place).into()
        }
        _ => error.into(),
    }
}

fn step_type(job: &Job, step: &Step, plugin: &Used) -> Result<StepMetadata, JobError> {
    let offered = &plugin.metadata.steps;
    offered.iter().find(|offered| offered.name == step.uses.step).cloned().ok_or_else(|| {
        let message = format!("plugin `{}` has no step `{}`", step.uses.plugin, step.uses.step);
        let hint = nearest_hint(&step.uses.step, offered.iter().map(|offered| offered.name.as_str()));
        JobError::at("job.unknown-step-type", job.file.at(step.uses_at, message).with_hint(hint))
    })
}

/// The configuration travels in one frame.
fn check_length(job: &Job, step: &Step, config: &Value) -> Result<(), JobError> {
    let length = config.to_string().len();
    if length <= LONGEST_CONFIG {
        return Ok(());
    }
    let message = format!("the step's `with` has {length} bytes as JSON, more than {LONGEST_CONFIG}");
    Err(JobError::at("job.invalid-step", job.file.at(step.uses_at, message)))
}

fn account(settings: &Settings, project: &ProjectName, job: &Job, step: &Step) -> Result<Resolved, EngineError> {
    let request = Request {
        project,
        job: &job.name,
        step_account: step.account.as_ref(),
        job_account: job.account.as_ref(),
        step_region: step.region.as_deref(),
        job_region: job.region.as_deref(),
    };
    Ok(resolve(settings, &request)?)
}
