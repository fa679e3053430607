//! How a plugin was called for a step, in the database: what it takes to call it again when nothing else is left of the
//! execution.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass_credentials::{Request, Resolved, resolve};
use windlass_errors::Code;
use windlass_hosting::StepFailure;
use windlass_jobs::{Bound, SecretOption, SecretSource, StepType};
use windlass_settings::{AccountName, KeyPath};
use windlass_store::ToAbandon;

use crate::plugins::Plugin;
use crate::step::PluginStep;
use crate::{Engine, EngineError, Prepared, failure, surroundings};

/// A call without its secrets.
#[derive(Serialize, Deserialize)]
pub(crate) struct Call {
    /// The step's `with`, expressions evaluated.
    with: Value,
    /// Where the secrets come from, by the JSON pointer of the field.
    secrets: BTreeMap<String, Source>,
    /// Where it works.
    #[serde(default)]
    places: Vec<Named>,
    /// The region of its account, in calls that earlier versions recorded.
    #[serde(default, skip_serializing)]
    region: Option<String>,
}

/// An account in a region.
#[derive(Serialize, Deserialize)]
struct Named {
    account: AccountName,
    region: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Source {
    /// The path of a key.
    Key(String),
    /// An option that was typed, and is not kept.
    Typed(String),
}

impl Call {
    /// The call of a step with these options, as JSON.
    pub(crate) fn of(step: &PluginStep, bound: &Bound) -> String {
        let source = |source: &SecretSource| match source {
            SecretSource::Key(path) => Source::Key(path.to_string()),
            SecretSource::Option(name) => match bound.secrets.get(name) {
                Some(SecretOption::Key(path)) => Source::Key(path.to_string()),
                _ => Source::Typed(name.clone()),
            },
        };
        let call = Self {
            with: step.config.clone(),
            secrets: step.secrets.iter().map(|(pointer, of)| (pointer.clone(), source(of))).collect(),
            places: step.places.iter().map(Named::of).collect(),
            region: None,
        };
        serde_json::to_string(&call).expect("a call is JSON")
    }
}

impl Named {
    fn of(place: &Resolved) -> Self {
        Self { account: place.chain.account().name.clone(), region: place.region.name.clone() }
    }
}

impl Source {
    fn read(self) -> Option<SecretSource> {
        match self {
            Self::Key(path) => KeyPath::parse(&path).ok().map(SecretSource::Key),
            Self::Typed(name) => Some(SecretSource::Option(name)),
        }
    }
}

impl Engine {
    /// The step as it was called, with the plugin and the accounts as they are now.
    pub(crate) async fn called(&self, prepared: &Prepared, left: &ToAbandon) -> Result<PluginStep, StepFailure> {
        let unreadable = || wrong("internal", format!("how step `{}` was called cannot be read", left.path));
        let uses = StepType::parse(&left.uses).ok_or_else(unreadable)?;
        let Call { with, secrets, mut places, region } =
            serde_json::from_str(&left.called_with).map_err(|_| unreadable())?;
        let secrets: Option<BTreeMap<String, SecretSource>> =
            secrets.into_iter().map(|(pointer, source)| Some((pointer, source.read()?))).collect();
        let secrets = secrets.ok_or_else(unreadable)?;
        let plugin = self.resumable(&uses).await?;
        if let (Some(account), Some(region)) = (&left.account, region) {
            places.extend(AccountName::parse(account).ok().map(|account| Named { account, region }));
        }
        let places = self.places_named(prepared, &places).await.map_err(|error| failure(&error))?;
        let id = left.step.clone();
        let mut step = PluginStep { id, uses, plugin, config: with, places, granted: Vec::new(), secrets };
        let granted = surroundings::permitted(&step, &prepared.project, &self.settings)
            .and_then(|()| surroundings::granted(&step, &self.settings));
        step.granted = granted.map_err(|error| failure(&error))?;
        Ok(step)
    }

    async fn resumable(&self, uses: &StepType) -> Result<Arc<Plugin>, StepFailure> {
        let plugin = self.plugins.get(&uses.plugin, &self.settings, &self.store).await;
        let plugin = plugin.map_err(|error| failure(&error))?;
        if plugin.step(&uses.step).is_some_and(|step| step.resumable) {
            return Ok(plugin);
        }
        Err(wrong("job.unknown-step-type", format!("the plugin of today has no step `{uses}` that leaves checkpoints")))
    }

    async fn places_named(&self, prepared: &Prepared, places: &[Named]) -> Result<Vec<Resolved>, EngineError> {
        let settings = self.settings_now().await?;
        let resolve = |place: &Named| {
            let request = Request {
                project: &prepared.project,
                job: &prepared.job.name,
                step_account: Some(&place.account),
                job_account: None,
                step_region: Some(&place.region),
                job_region: None,
            };
            resolve(&settings, &request)
        };
        Ok(places.iter().map(resolve).collect::<Result<_, _>>()?)
    }
}

fn wrong(code: &'static str, message: String) -> StepFailure {
    StepFailure { code: Code::new(code), message, help: None, cut_off: false }
}
