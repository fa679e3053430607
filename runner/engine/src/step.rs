//! A step of a plugin with its configuration filled in: checked, its account resolved, nothing done yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use windlass_credentials::{Request, Resolved, resolve};
use windlass_jobs::{JobError, SecretSource, Step, StepType, Tree, Values, evaluate, secret_fields, text, verbatim};
use windlass_network::Destination;
use windlass_plugin_api::StepMetadata;
use windlass_plugin_api::frames::MAX_FRAME;
use windlass_settings::AccountName;

use crate::plugins::Plugin;
use crate::prepare::uses_at;
use crate::{Engine, EngineError, Prepared, surroundings};

/// The longest `with` as JSON, in bytes: a frame less what stands around it.
const LONGEST_CONFIG: usize = MAX_FRAME - 64 * 1024;

/// A step of a plugin, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct PluginStep {
    /// Its id in the job.
    pub(crate) id: String,
    /// Its step type.
    pub(crate) uses: StepType,
    pub(crate) plugin: Arc<Plugin>,
    /// Its `with`, expressions evaluated.
    pub(crate) config: Value,
    /// Its account, when its step type asks for credentials, or takes an account and one is named.
    pub(crate) account: Option<Resolved>,
    /// Where it may connect to.
    pub(crate) granted: Vec<Destination>,
    /// Where the secrets come from that it gets, by the JSON pointer of the field.
    pub(crate) secrets: BTreeMap<String, SecretSource>,
}

impl PluginStep {
    /// Fills in and checks a step.
    pub(crate) async fn new(
        engine: &Engine,
        prepared: &Prepared,
        (step, uses, with): (&Step, &StepType, &Tree),
        values: &Values,
    ) -> Result<Self, EngineError> {
        let (job, project, settings) = (prepared.job.as_ref(), &prepared.project, &engine.settings);
        let plugin = Arc::clone(prepared.plugin(step, uses)?);
        let metadata = plugin.step(&uses.step).expect("the plugin has the step type");
        let schema = plugin.schema(&uses.step).expect("the plugin has the step type");
        verbatim(with, &metadata.config, job)?;
        let with = evaluate(with, values, job)?;
        schema.check_with(&with, uses, job)?;
        check_length(prepared, step, &with.value)?;
        let account = account(engine, prepared, step, metadata, values).await?;
        let secrets = secret_fields(&with, &metadata.config, project, job)?;
        let (id, uses, granted) = (step.id.clone(), uses.clone(), Vec::new());
        let mut ready = Self { id, uses, plugin, config: with.value, account, granted, secrets };
        surroundings::permitted(&ready, project, settings)?;
        ready.granted = surroundings::granted(&ready, settings)?;
        Ok(ready)
    }

    /// Its step type.
    pub(crate) fn metadata(&self) -> &StepMetadata {
        self.plugin.step(&self.uses.step).expect("the plugin has the step type")
    }
}

/// The configuration travels in one frame.
fn check_length(prepared: &Prepared, step: &Step, config: &Value) -> Result<(), JobError> {
    let length = config.to_string().len();
    if length <= LONGEST_CONFIG {
        return Ok(());
    }
    let message = format!("the step's `with` has {length} bytes as JSON, more than {LONGEST_CONFIG}");
    Err(prepared.job.error("job.invalid-step", uses_at(step), message))
}

/// The account of a step whose type has one.
async fn account(
    engine: &Engine,
    prepared: &Prepared,
    step: &Step,
    metadata: &StepMetadata,
    values: &Values,
) -> Result<Option<Resolved>, EngineError> {
    if !metadata.has_account(true) {
        return Ok(None);
    }
    let job = prepared.job.as_ref();
    let named = step.account.as_ref().map(|account| named(prepared, account, values)).transpose()?.flatten();
    if !metadata.has_account(named.is_some() || job.account.is_some()) {
        return Ok(None);
    }
    let region = step.region.as_ref().map(|region| text(region, values, job)).transpose()?.flatten();
    let request = Request {
        project: &prepared.project,
        job: &job.name,
        step_account: named.as_ref(),
        job_account: job.account.as_ref(),
        step_region: region.as_deref(),
        job_region: job.region.as_deref(),
    };
    let settings = engine.settings_now().await?;
    Ok(Some(resolve(&settings, &request)?))
}

/// The account that a step names. What an expression comes to is held against the job's list again: it may come from whoever
/// starts the job.
fn named(prepared: &Prepared, account: &Tree, values: &Values) -> Result<Option<AccountName>, JobError> {
    let job = prepared.job.as_ref();
    let Some(text) = text(account, values, job)? else { return Ok(None) };
    let name = AccountName::parse(&text).map_err(|why| job.error("job.invalid", account.position(), why))?;
    if account.raw().as_str().is_some_and(|text| text.contains("${{")) && !job.accounts.contains(&name) {
        let message = format!("the expression comes to `{name}`, which is not in the job's `accounts`");
        return Err(job.error("account.not-listed", account.position(), message));
    }
    Ok(Some(name))
}
