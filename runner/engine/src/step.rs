//! A step of a plugin with its configuration filled in: checked, its accounts resolved, nothing done yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use windlass_credentials::Resolved;
use windlass_jobs::{JobError, SecretSource, Step, StepType, Tree, Values, evaluate, secret_fields, verbatim};
use windlass_network::Destination;
use windlass_plugin_api::StepMetadata;
use windlass_plugin_api::frames::MAX_FRAME;

use crate::places::Asked;
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
    /// Where it works, when its step type asks for credentials, or takes an account and one is named. The first is what it
    /// means by its account and its region.
    pub(crate) places: Vec<Resolved>,
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
        let written = with;
        let with = evaluate(written, values, job)?;
        schema.check_with(&with, uses, job)?;
        check_length(prepared, step, &with.value)?;
        let secrets = secret_fields(&with, &metadata.config, project, job)?;
        let places = Asked { prepared, step, metadata, written, with: &with, values }.resolve(engine).await?;
        let (id, uses, granted) = (step.id.clone(), uses.clone(), Vec::new());
        let mut ready = Self { id, uses, plugin, config: with.value, places, granted, secrets };
        surroundings::permitted(&ready, project, settings)?;
        ready.granted = surroundings::granted(&ready, settings)?;
        Ok(ready)
    }

    /// The account and region of a step that has but one.
    pub(crate) fn place(&self) -> Option<&Resolved> {
        self.places.first()
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
