//! The allowed values of options that come from a step type: it is asked before the options get theirs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;
use windlass_jobs::{Action, Bound, Job, JobError, OptionSpec, Options, Step, ValuesFrom};
use windlass_settings::ProjectName;

use crate::execution::Run;
use crate::step::PluginStep;
use crate::step_run::StepRun;
use crate::{Engine, EngineError, Halt};

/// How long a step may take that is asked for values; somebody waits for it.
const TIME: Duration = Duration::from_secs(30);

impl Engine {
    /// The job with the allowed values of its options that come from elsewhere. Nothing is recorded.
    ///
    /// # Errors
    /// `job.invalid-option` when they cannot be had, with the reason; what is wrong with a plugin.
    pub async fn offer(&self, project: &ProjectName, job: Arc<Job>) -> Result<Arc<Job>, EngineError> {
        if job.options.iter().all(|option| option.values_from.is_none()) {
            return Ok(job);
        }
        let mut offered = Job::clone(&job);
        for option in &mut offered.options {
            if let Some(from) = option.values_from.clone() {
                option.values = self.values(project, &job, option, &from).await?;
            }
        }
        Ok(Arc::new(offered))
    }

    async fn values(
        &self,
        project: &ProjectName,
        job: &Arc<Job>,
        option: &OptionSpec,
        from: &ValuesFrom,
    ) -> Result<Vec<Value>, EngineError> {
        let unknown = |why: String| JobError::Option {
            message: format!("the values of option `{}` cannot be had: {why}", option.name),
            help: "see what its `valuesFrom` asks".to_owned(),
        };
        let ValuesFrom::Step { uses, at, with, output } = from else {
            return Err(unknown("addresses cannot be asked yet".to_owned()).into());
        };
        let plugin = self.plugins.get(&uses.plugin, &self.settings, &self.store).await?;
        let bound = Bound { values: Options::new(), secrets: std::collections::BTreeMap::new() };
        let mut prepared = self.prepare(project.clone(), Arc::clone(job), bound, None).await?;
        prepared.plugins.insert(uses.plugin.clone(), plugin);
        let run = Run { execution: Uuid::now_v7(), attempt: 1, prepared: &prepared };
        let step = asking(option, from);
        let ready = PluginStep::new(self, &prepared, (&step, uses, with), &run.values())?;
        let halt = Halt::default();
        let asked = StepRun::asked(self, &run, &ready, &|_| {});
        let time = (TIME, format!("it took longer than {TIME:?}"));
        let outcome = halt.within(Some(time), asked.run(None, &halt)).await?.outcome;
        let outputs = outcome.map_err(|failure| unknown(format!("`{uses}` failed: {}", failure.message)))?;
        match &outputs[output.as_str()] {
            Value::Array(values) if values.iter().all(Value::is_string) => Ok(values.clone()),
            _ => {
                let message = format!("output `{output}` of `{uses}` is no list of texts");
                Err(job.error("job.invalid-option", *at, message).into())
            }
        }
    }
}

/// The step that asks.
fn asking(option: &OptionSpec, from: &ValuesFrom) -> Step {
    let ValuesFrom::Step { uses, at, with, .. } = from else { unreachable!("an address is no step") };
    Step {
        id: option.name.clone(),
        action: Action::Uses { uses: uses.clone(), at: *at, with: with.clone() },
        for_each: None,
        condition: None,
        timeout: None,
        retry: None,
        continue_on_error: false,
        on_error: Vec::new(),
        account: None,
        region: None,
        at: *at,
    }
}
