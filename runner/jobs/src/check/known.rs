use std::collections::{BTreeMap, BTreeSet};

use windlass_plugin_api::{PluginMetadata, StepMetadata};

use crate::{Job, StepType};

/// What a job is compared with.
#[derive(Clone, Debug, Default)]
pub struct Known<'a> {
    /// The plugins by name. One without a description is there and could not be described, or was not: nothing is said of
    /// its step types then.
    pub plugins: BTreeMap<&'a str, Option<&'a PluginMetadata>>,
    /// The jobs of the project by name, as they will be: of a job that is changed its new version.
    pub jobs: BTreeMap<&'a str, &'a Job>,
    /// Whether there are jobs beside these that could not be read: nothing is said then of a name that none of these has.
    pub more_jobs: bool,
    /// The calendars of the project by name; nothing is said of a name when none are given, which is not the same as that there are none.
    pub calendars: Option<BTreeSet<&'a str>>,
}

impl<'a> Known<'a> {
    /// The description of a step type, when it is known.
    pub fn step_type(&self, uses: &StepType) -> Option<&'a StepMetadata> {
        let plugin: &'a PluginMetadata = (*self.plugins.get(uses.plugin.as_str())?)?;
        plugin.steps.iter().find(|step| step.name == uses.step)
    }
}
