//! References of other jobs.

use std::collections::BTreeSet;

use windlass_errors::nearest_hint;
use windlass_settings::yaml::Position;

use super::Check;
use super::scope::Scope;
use crate::expression::ExpressionError;
use crate::job::{Action, scalar_text};
use crate::options::{fits, same};
use crate::tree::Node;
use crate::{Job, OptionKind, OptionSpec, Tree};

impl<'a> Check<'a> {
    pub(super) fn job_reference(&mut self, name: &'a str, at: Position, options: &Tree, scope: &Scope<'a>) {
        let outline = self.outline(options, scope, &BTreeSet::new());
        let Some(other) = self.other_job(name, at) else { return };
        let Node::Map(entries) = &options.node else { return };
        for entry in entries {
            let Some(option) = other.option(&entry.key) else {
                let message = format!("job `{name}` has no option `{}`", entry.key);
                let hint = nearest_hint(&entry.key, other.options.iter().map(|option| option.name.as_str()));
                self.wrong("job.invalid-option", entry.key_at, message, Some(hint));
                continue;
            };
            let pointer = format!("/{}", crate::evaluate::escape(&entry.key));
            match outline.evaluated.secret_options.get(&pointer) {
                Some(secret) if option.kind != OptionKind::Secret => {
                    self.wrong_expression(entry.value.position, ExpressionError::misplaced(secret));
                }
                Some(_) => {}
                None => self.given(option, &entry.value),
            }
        }
        let deeper = outline.evaluated.secret_options.iter().filter(|(pointer, _)| pointer.matches('/').count() != 1);
        for (pointer, secret) in deeper {
            self.wrong_expression(outline.evaluated.places.of_value(pointer), ExpressionError::misplaced(secret));
        }
        self.missing(name, at, other, options);
    }

    fn other_job(&mut self, name: &'a str, at: Position) -> Option<&'a Job> {
        let job: &'a Job = self.job;
        if name == job.name {
            self.cycle(at, &[name]);
            return None;
        }
        let Some(other) = self.known.jobs.get(name).copied() else {
            if !self.known.more_jobs {
                let hint = nearest_hint(name, self.known.jobs.keys().copied());
                self.wrong("job.unknown-job", at, format!("the project has no job `{name}`"), Some(hint));
            }
            return None;
        };
        let mut way = vec![name];
        if self.leads_back(other, &mut way, &mut BTreeSet::from([name])) {
            self.cycle(at, &way);
        }
        Some(other)
    }

    /// Whether a job refers to the one that is checked, over however many others; `way` is over which.
    fn leads_back(&self, other: &'a Job, way: &mut Vec<&'a str>, seen: &mut BTreeSet<&'a str>) -> bool {
        for name in references(other) {
            if name == self.job.name {
                return true;
            }
            let Some(next) = self.known.jobs.get(name).copied() else { continue };
            if way.len() < LONGEST_WAY && seen.insert(name) {
                way.push(name);
                if self.leads_back(next, way, seen) {
                    return true;
                }
                way.pop();
            }
        }
        false
    }

    fn cycle(&mut self, at: Position, way: &[&str]) {
        let name = &self.job.name;
        let way: Vec<String> = way.iter().map(|name| format!("`{name}`")).collect();
        let message = match way.as_slice() {
            [one] if *one == format!("`{name}`") => format!("job `{name}` refers to itself"),
            way => format!("job `{name}` refers to itself: over {}", way.join(", ")),
        };
        self.wrong(
            "job.cycle",
            at,
            message,
            Some("a job may not start itself; make a job of the common part".to_owned()),
        );
    }

    /// A value that is given for an option, as far as it stands there.
    fn given(&mut self, option: &OptionSpec, tree: &Tree) {
        let value = tree.raw();
        if option.kind == OptionKind::Secret {
            if !value.is_null() {
                let message = format!("option `{}` is a secret, and its value is no secret option", option.name);
                let hint = "pass on a secret option of this job, alone: `${{ options.NAME }}`";
                self.wrong("job.invalid-option", tree.position, message, Some(hint.to_owned()));
            }
            return;
        }
        if value.is_null() || tree.has_expression() {
            return;
        }
        if let Err(why) = fits(option, &same(option, &value)) {
            let allowed: Vec<String> = option.values.iter().map(scalar_text).collect();
            let hint = (!allowed.is_empty()).then(|| format!("allowed are: `{}`", allowed.join("`, `")));
            self.wrong("job.invalid-option", tree.position, format!("option `{}`: {why}", option.name), hint);
        }
    }

    fn missing(&mut self, name: &str, at: Position, other: &Job, given: &Tree) {
        let is_given = |option: &OptionSpec| match &given.node {
            Node::Map(entries) => entries.iter().any(|entry| entry.key == option.name),
            _ => false,
        };
        let needed = |option: &&OptionSpec| option.required && option.default.is_none() && option.key.is_none();
        let missing: Vec<String> = other
            .options
            .iter()
            .filter(needed)
            .filter(|option| !is_given(option))
            .map(|option| format!("`{}`", option.name))
            .collect();
        if !missing.is_empty() {
            let plural = if missing.len() == 1 { "" } else { "s" };
            let message = format!("job `{name}` needs the option{plural} {}", missing.join(" and "));
            self.wrong("job.invalid-option", at, message, Some("give it in `options` of the reference".to_owned()));
        }
    }
}

/// The longest way over other jobs that is followed.
const LONGEST_WAY: usize = 100;

/// The names of the jobs that a job refers to.
fn references(job: &Job) -> impl Iterator<Item = &str> {
    job.all_steps().filter_map(|step| match &step.action {
        Action::Job { name, .. } => Some(name.as_str()),
        _ => None,
    })
}
