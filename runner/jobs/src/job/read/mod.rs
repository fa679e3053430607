//! From the shape of a job file to a job: every rule that needs nothing but the file. What breaks a rule is collected, so
//! that all of it is told at once.

mod given;
mod notification;
mod numbers;
mod option;
mod retry;
mod schedule;
mod step;
#[cfg(test)]
pub(super) mod tests;
mod texts;
mod values;

use std::collections::HashMap;

use windlass_settings::yaml::{Position, Spanned, document};

use super::shape::{JobFile, OptionFile, StepFile};
use super::{Concurrency, Job, JobText, OptionSpec, Output, Step};
use crate::tree::{Node, Tree};
use crate::{JobError, JobErrors};

pub(crate) use texts::{control_character, is_line, is_plain};

/// The most options of a job.
const MOST_OPTIONS: usize = 200;
/// The most outputs of a job.
const MOST_OUTPUTS: usize = 100;
/// The most accounts that a job may choose from.
const MOST_ACCOUNTS: usize = 1000;

pub(super) fn parse(file: &JobText) -> Result<Job, JobErrors> {
    let read: JobFile = document(file.path(), file.text(), "Job").map_err(JobError::from)?;
    let mut rules = Rules { file, errors: Vec::new(), ids: HashMap::new(), count: 0 };
    let job = rules.job(read);
    rules.errors.sort_by_key(JobError::place);
    JobErrors::none(rules.errors)?;
    Ok(job)
}

/// The rules of one file, and what breaks them.
struct Rules<'a> {
    file: &'a JobText,
    errors: Vec<JobError>,
    /// The ids of steps so far, and where they are given.
    ids: HashMap<String, Position>,
    /// How many steps there were so far.
    count: usize,
}

impl Rules<'_> {
    fn job(&mut self, read: JobFile) -> Job {
        self.job_name(&read.name);
        if let Some(id) = &read.id {
            self.job_id(id);
        }
        if let Some(group) = &read.group {
            self.group(group);
        }
        let account = read.account.and_then(|name| self.account(&name));
        let accounts = self.accounts(&read.accounts);
        let concurrency = read.concurrency.map_or_else(Concurrency::default, |read| self.concurrency(&read));
        let options = self.options(read.options);
        let schedules = self.schedules(read.schedules, &options);
        let steps = self.top_steps(read.steps);
        Job {
            name: read.name.value,
            id: read.id.map(|id| id.value),
            group: read.group.map(|group| group.value),
            description: self.description(read.description),
            account,
            accounts,
            region: read.region.and_then(|region| self.region(region)),
            timeout: read.timeout.and_then(|text| self.timeout(&text)),
            retry: read.retry.and_then(|retry| self.retry(&retry)),
            concurrency,
            on_interrupted: read.on_interrupted,
            runs_on: self.labels(&read.runs_on),
            allow_repeat: read.allow_repeat,
            options,
            schedules,
            notifications: self.notifications(read.notifications),
            steps,
            outputs: read.outputs.map(|outputs| self.outputs(outputs)).unwrap_or_default(),
            file: self.file.clone(),
        }
    }

    fn options(&mut self, read: Vec<Spanned<OptionFile>>) -> Vec<OptionSpec> {
        let mut options: Vec<OptionSpec> = Vec::new();
        for option in read {
            if options.len() == MOST_OPTIONS {
                self.wrong(&option, format!("a job has at most {MOST_OPTIONS} options"));
                break;
            }
            if options.iter().any(|other| other.name == option.value.name.value) {
                self.wrong(&option.value.name, "another option has this name already");
            }
            let option = self.option(option);
            options.push(option);
        }
        options
    }

    fn top_steps(&mut self, read: Spanned<Vec<Spanned<StepFile>>>) -> Vec<Step> {
        if read.value.is_empty() {
            self.wrong(&read, "a job has at least one step");
        }
        self.steps(read.value, 1)
    }

    fn outputs(&mut self, read: Tree) -> Vec<Output> {
        let Node::Map(entries) = read.node else {
            self.wrong(read.position, "expected keys with values");
            return Vec::new();
        };
        if entries.len() > MOST_OUTPUTS {
            self.wrong(read.position, format!("a job has at most {MOST_OUTPUTS} outputs"));
        }
        for entry in &entries {
            self.identifier(&entry.key, entry.key_at, "an output's name");
        }
        entries.into_iter().map(|entry| Output { name: entry.key, value: entry.value }).collect()
    }

    /// Notes that the rule `why` is broken at a place.
    fn wrong(&mut self, place: impl Into<Position>, why: impl Into<String>) {
        if self.errors.len() < JobErrors::MOST {
            self.errors.push(self.file.at(place, why).into());
        }
    }

    /// The same, with a remedy.
    fn wrong_with(&mut self, place: impl Into<Position>, why: impl Into<String>, hint: impl Into<String>) {
        if self.errors.len() < JobErrors::MOST {
            self.errors.push(self.file.at(place, why).with_hint(hint).into());
        }
    }
}
