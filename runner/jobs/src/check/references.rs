//! Whether what an expression refers to will be there.

use windlass_errors::nearest_hint;

use super::Check;
use super::outputs::{Outputs, outputs_of};
use super::scope::Scope;
use crate::expression::{ExpressionError, Part, Reference};
use crate::values::hint_of_root;
use crate::{Job, Step};

type Checked = Result<(), ExpressionError>;

impl<'a> Check<'a> {
    pub(super) fn reference(&self, reference: &Reference, scope: &Scope<'a>) -> Checked {
        let root = reference.root.as_str();
        match root {
            "project" if reference.parts.is_empty() => Ok(()),
            "job" => field(reference, 0, &["name"]),
            "options" | "steps" | "execution" if !scope.running => {
                let hint = "values are asked for before the job runs: there are `project` and `job.name`";
                Err(ExpressionError::undefined(&reference.to_string(), hint))
            }
            "options" | "steps" if scope.event => {
                let hint = "a notification sees what happened as `event`: `event.options.NAME`, `event.outputs.NAME`";
                Err(ExpressionError::undefined(&reference.to_string(), hint))
            }
            "event" if scope.event => self.event(reference),
            "options" => self.option(reference),
            "execution" => field(reference, 0, &["id", "attempt", "scheduledAt"]),
            "steps" => self.steps(reference, scope),
            "item" if scope.item => Ok(()),
            "index" if scope.item && reference.parts.is_empty() => Ok(()),
            "error" if scope.error => field(reference, 0, &["code", "message", "step"]),
            name => Err(ExpressionError::undefined(&reference.to_string(), hint_of_root(name))),
        }
    }

    /// What there is of what happened.
    fn event(&self, reference: &Reference) -> Checked {
        const ALL: &[&str] = &["kind", "text", "project", "job", "execution", "options", "outputs"];
        const OF_EXECUTION: &[&str] =
            &["id", "attempt", "state", "code", "reason", "step", "startedAt", "endedAt", "seconds", "scheduledAt"];
        field(reference, 0, ALL)?;
        match reference.name(0) {
            Some("execution") => field(reference, 1, OF_EXECUTION),
            Some("options") if reference.name(1).is_some_and(|name| self.is_secret(name)) => {
                let hint = "it is secret, and a notification sees no secrets";
                Err(ExpressionError::undefined(&reference.shown(2), hint))
            }
            Some("options") => field(reference, 1, &names(&self.job.options, |option| &option.name)),
            Some("outputs") => field(reference, 1, &names(&self.job.outputs, |output| &output.name)),
            _ => Ok(()),
        }
    }

    fn option(&self, reference: &Reference) -> Checked {
        let Some(name) = reference.name(0) else { return Ok(()) };
        if self.is_secret(name) {
            return Err(ExpressionError::misplaced(name));
        }
        let names = self.job.options.iter().map(|option| option.name.as_str());
        match self.job.option(name) {
            Some(_) => Ok(()),
            None => Err(ExpressionError::undefined(&reference.shown(1), nearest_hint(name, names))),
        }
    }

    fn steps(&self, reference: &Reference, scope: &Scope<'a>) -> Checked {
        let Some(id) = reference.name(0) else { return Ok(()) };
        let Some(step) = scope.step(id) else { return Err(self.not_before(reference, id, scope)) };
        field(reference, 1, &["state", "code", "outputs", "tables"])?;
        match reference.name(1) {
            Some("outputs") => self.outputs(reference, step),
            Some("tables") if step.for_each.is_none() => field(reference, 3, &["rows", "count"]),
            _ => Ok(()),
        }
    }

    /// Why a step is not there.
    fn not_before(&self, reference: &Reference, id: &str, scope: &Scope<'a>) -> ExpressionError {
        let job: &'a Job = self.job;
        let shown = reference.shown(1);
        if let Some(step) = job.step(id) {
            let message = format!("`{shown}`: step `{id}` does not come before this one");
            let hint = absence(job, step);
            return ExpressionError { code: "job.undefined-reference", message, hint: Some(hint) };
        }
        ExpressionError::undefined(&shown, nearest_hint(id, scope.ids()))
    }

    fn outputs(&self, reference: &Reference, step: &'a Step) -> Checked {
        if step.for_each.is_none() {
            return self.output(reference, 2, step, false);
        }
        if let Some(Part::Name { .. }) = reference.parts.get(2) {
            let message = format!("`{reference}`: the outputs of step `{}` are a list", step.id);
            let shown = reference.shown(2);
            let hint = format!("there is one for each item: `{shown}[0]`, or `{shown}|map(attribute='NAME')`");
            return Err(ExpressionError { code: "job.undefined-reference", message, hint: Some(hint) });
        }
        self.output(reference, 3, step, true)
    }

    /// Whether the name at a place is an output of a step, or of an iteration of it.
    fn output(&self, reference: &Reference, place: usize, step: &'a Step, is_iteration: bool) -> Checked {
        let Some(name) = reference.name(place) else { return Ok(()) };
        let undefined = |hint: String| Err(ExpressionError::undefined(&reference.shown(place + 1), hint));
        match outputs_of(step, is_iteration, self.known) {
            Outputs::Unknown => Ok(()),
            Outputs::Named(names) if names.iter().any(|known| known == name) => Ok(()),
            Outputs::Named(names) => undefined(nearest_hint(name, names.iter().map(String::as_str))),
            Outputs::Group => undefined("a group has no outputs of its own; refer to the steps in it".to_owned()),
            Outputs::Steps(steps) => match steps.iter().find(|step| step.id == name) {
                Some(inner) if inner.for_each.is_some() => Ok(()),
                Some(inner) => self.output(reference, place + 1, inner, false),
                None => undefined(nearest_hint(name, steps.iter().map(|step| step.id.as_str()))),
            },
        }
    }
}

fn names<T>(all: &[T], name: impl Fn(&T) -> &String) -> Vec<&str> {
    all.iter().map(|one| name(one).as_str()).collect()
}

/// Whether the part at a place, when it is a name, is one of these.
fn field(reference: &Reference, place: usize, names: &[&str]) -> Checked {
    match reference.name(place) {
        Some(name) if !names.contains(&name) => {
            let hint = nearest_hint(name, names.iter().copied());
            Err(ExpressionError::undefined(&reference.shown(place + 1), hint))
        }
        _ => Ok(()),
    }
}

/// Why a step of the job cannot be referred to from where it is.
fn absence(job: &Job, step: &Step) -> String {
    for other in job.all_steps() {
        let within = |steps: &[Step]| steps.iter().any(|inner| is_within(inner, step));
        if other.for_each.is_some() && within(other.inner()) {
            return format!("it is in the loop of step `{0}`; after it, refer to `steps.{0}.outputs`", other.id);
        }
        if within(&other.on_error) {
            return format!("it only runs when step `{}` has failed", other.id);
        }
    }
    "a step sees those before it in its own and the enclosing sequences, not those beside it in a `parallel`".to_owned()
}

/// Whether a step is this one, or stands in it.
fn is_within(outer: &Step, step: &Step) -> bool {
    outer.id == step.id || outer.inner().iter().chain(&outer.on_error).any(|inner| is_within(inner, step))
}
