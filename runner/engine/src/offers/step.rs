//! Values that a step type gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;
use windlass_jobs::{Action, Bound, Job, Options, Step, ValuesStep};
use windlass_settings::ProjectName;

use super::TIME;
use crate::execution::Run;
use crate::step::PluginStep;
use crate::step_run::StepRun;
use crate::{Engine, EngineError, Halt};

impl Engine {
    /// The values; the inner error is the reason why the step gave none.
    pub(super) async fn values_of_step(
        &self,
        project: &ProjectName,
        job: &Arc<Job>,
        option: &str,
        asked: &ValuesStep,
    ) -> Result<Result<Vec<String>, String>, EngineError> {
        let ValuesStep { uses, with, output, .. } = asked;
        let plugin = self.plugins.get(&uses.plugin, &self.settings, &self.store).await?;
        let bound = Bound { values: Options::new(), secrets: BTreeMap::new() };
        let mut prepared = self.prepare(project.clone(), Arc::clone(job), bound, None).await?;
        prepared.plugins.insert(uses.plugin.clone(), plugin);
        let run = Run::of_none(Uuid::now_v7(), &prepared);
        let step = asking(option, asked);
        let ready = PluginStep::new(self, &prepared, (&step, uses, with), &run.values()).await?;
        let halt = Halt::default();
        let asked = StepRun::asked(self, &run, &ready, &|_| {});
        let time = (TIME, format!("it took longer than {TIME:?}"));
        let outcome = halt.within(Some(time), asked.run(None, &halt)).await?.outcome;
        let outputs = match outcome {
            Ok(outputs) => outputs,
            Err(failure) => return Ok(Err(failure.message)),
        };
        let texts = |values: &Vec<Value>| values.iter().map(|it| it.as_str().map(str::to_owned)).collect();
        let values: Option<Vec<String>> = outputs[output.as_str()].as_array().and_then(texts);
        Ok(values.ok_or_else(|| format!("its output `{output}` is no list of texts")))
    }
}

fn asking(option: &str, asked: &ValuesStep) -> Step {
    let ValuesStep { uses, at, with, .. } = asked;
    Step {
        id: option.to_owned(),
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
