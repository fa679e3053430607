use std::time::Duration;

use serde_json::Value;
use windlass_settings::yaml::{Position, Spanned, document};
use windlass_settings::{AccountName, parse_duration};

use super::shape::{JobFile, OptionFile, StepFile};
use super::{Job, JobText, OptionKind, OptionSpec, Step, StepType};
use crate::JobError;
use crate::options::{fits, of_kind};
use crate::tree::Tree;

const LONGEST_NAME: usize = 100;

pub(super) fn parse(file: &JobText) -> Result<Job, JobError> {
    let read: JobFile = document(&file.path, &file.text, "Job")?;
    let rules = Rules { file };
    rules.job_name(&read.name)?;
    if read.steps.value.is_empty() {
        return Err(file.at(&read.steps, "a job has at least one step").into());
    }
    let mut options: Vec<OptionSpec> = Vec::new();
    for option in read.options {
        let option = rules.option(option.value, &options)?;
        options.push(option);
    }
    let mut steps: Vec<Step> = Vec::new();
    for step in read.steps.value {
        let step = rules.step(step, &steps)?;
        steps.push(step);
    }
    Ok(Job {
        name: read.name.value,
        description: read.description,
        account: rules.account(read.account)?,
        region: read.region,
        timeout: rules.duration(read.timeout)?,
        options,
        steps,
        file: file.clone(),
    })
}

struct Rules<'a> {
    file: &'a JobText,
}

impl Rules<'_> {
    fn job_name(&self, name: &Spanned<String>) -> Result<(), JobError> {
        let printable = name.value.chars().all(|c| !c.is_control());
        if name.value.trim() != name.value || name.value.is_empty() || name.value.len() > LONGEST_NAME || !printable {
            let rule = format!("a job's name has 1 to {LONGEST_NAME} bytes on one line, without space at its ends");
            return Err(self.file.at(name, rule).into());
        }
        Ok(())
    }

    fn option(&self, option: OptionFile, before: &[OptionSpec]) -> Result<OptionSpec, JobError> {
        self.identifier(&option.name, "an option's name")?;
        if before.iter().any(|other| other.name == option.name.value) {
            return Err(self.file.at(&option.name, "another option has this name already").into());
        }
        let kind = option.kind.as_ref().map(|kind| kind.value).unwrap_or_default();
        if kind == OptionKind::Choice && option.values.is_empty() {
            return Err(self.file.at(&option.name, "a choice needs `values`").into());
        }
        let mut spec = OptionSpec {
            name: option.name.value,
            description: option.description,
            kind,
            required: option.required,
            default: None,
            values: Vec::new(),
        };
        for value in &option.values {
            spec.values.push(self.scalar(value, |value| of_kind(kind, value))?);
        }
        let default = option.default.map(|default| self.scalar(&default, |value| fits(&spec, value)));
        spec.default = default.transpose()?;
        Ok(spec)
    }

    fn scalar(&self, tree: &Tree, rule: impl Fn(&Value) -> Result<(), String>) -> Result<Value, JobError> {
        let invalid = |why: String| JobError::from(self.file.at(tree.position, why));
        let value = tree.scalar().ok_or_else(|| invalid("a single value belongs here".to_owned()))?;
        rule(&value).map_err(invalid)?;
        Ok(value)
    }

    fn step(&self, step: Spanned<StepFile>, before: &[Step]) -> Result<Step, JobError> {
        let position = Position::from(&step);
        let step = step.value;
        let id = match &step.id {
            Some(id) => {
                self.identifier(id, "a step's id")?;
                id.value.clone()
            }
            None => format!("step{}", before.len() + 1),
        };
        if before.iter().any(|other| other.id == id) {
            let place = step.id.as_ref().map_or(position, Position::from);
            return Err(self.file.at(place, format!("another step has the id `{id}` already")).into());
        }
        Ok(Step {
            id,
            uses: self.step_type(&step.uses)?,
            account: self.account(step.account)?,
            region: step.region,
            timeout: self.duration(step.timeout)?,
            uses_at: Position::from(&step.uses),
            with: step.with.unwrap_or_else(|| Tree::empty_map(Position::from(&step.uses))),
        })
    }

    fn step_type(&self, uses: &Spanned<String>) -> Result<StepType, JobError> {
        let kebab = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        match uses.value.split_once('/') {
            Some((plugin, step)) if kebab(plugin) && kebab(step) => {
                Ok(StepType { plugin: plugin.to_owned(), step: step.to_owned() })
            }
            _ => Err(self.file.at(uses, "a step type is written `plugin-name/step-name`").into()),
        }
    }

    fn identifier(&self, name: &Spanned<String>, what: &str) -> Result<(), JobError> {
        let mut bytes = name.value.bytes();
        let first = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
        if !first || !bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') || name.value.len() > LONGEST_NAME {
            let rule = format!("{what} begins with a small letter, then letters, digits and `_`");
            return Err(self.file.at(name, rule).into());
        }
        Ok(())
    }

    fn account(&self, name: Option<Spanned<String>>) -> Result<Option<AccountName>, JobError> {
        let parse = |name: Spanned<String>| {
            AccountName::parse(&name.value).map_err(|why| JobError::from(self.file.at(&name, why)))
        };
        name.map(parse).transpose()
    }

    fn duration(&self, text: Option<Spanned<String>>) -> Result<Option<Duration>, JobError> {
        let parse = |text: Spanned<String>| match parse_duration(&text.value) {
            Ok(Duration::ZERO) => Err(JobError::from(self.file.at(&text, "a timeout is longer than nothing"))),
            Ok(duration) => Ok(duration),
            Err(why) => Err(self.file.at(&text, why).into()),
        };
        text.map(parse).transpose()
    }
}
