//! Whether a job may be run again from its beginning after its runner has ended.

use std::collections::BTreeSet;

use super::{Check, Known};
use crate::{Action, Job, OnInterrupted, Step};

impl<'a> Check<'a> {
    pub(super) fn repeatable(&mut self) {
        let job: &'a Job = self.job;
        if job.on_interrupted != OnInterrupted::Restart || job.allow_repeat {
            return;
        }
        let mut known = BTreeSet::from([job.name.as_str()]);
        let unsafe_steps: Vec<&Step> =
            job.all_steps().filter(|step| !is_repeatable(step, self.known, &mut known)).collect();
        let Some(first) = unsafe_steps.first() else { return };
        let names: Vec<String> = unsafe_steps.iter().map(|step| format!("`{}`", step.id)).collect();
        let message = match names.as_slice() {
            [name] => format!("the job has `onInterrupted: restart`, and step {name} is not safe to repeat"),
            names => {
                format!("the job has `onInterrupted: restart`, and steps {} are not safe to repeat", names.join(", "))
            }
        };
        let hint = "add `allowRepeat: true` when running them twice does no harm, or choose `onInterrupted: fail`";
        self.wrong("job.not-repeatable", first.at, message, Some(hint.to_owned()));
    }
}

/// Whether a step may be run twice; a job's is as safe as its steps. What is not known is not said.
fn is_repeatable<'a>(step: &'a Step, known: &Known<'a>, seen: &mut BTreeSet<&'a str>) -> bool {
    match &step.action {
        Action::Uses { uses, .. } => known.step_type(uses).is_none_or(|metadata| metadata.repeatable),
        Action::Job { name, .. } => match known.jobs.get(name.as_str()) {
            Some(job) if !job.allow_repeat && seen.insert(name) => {
                let job: &'a Job = job;
                job.all_steps().all(|step| is_repeatable(step, known, seen))
            }
            _ => true,
        },
        Action::Parallel { .. } | Action::Steps(_) => true,
    }
}
