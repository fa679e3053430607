//! Which outputs a step has.

use serde_json::Value;

use super::Known;
use crate::{Action, Step};

/// The outputs of a step, or of one iteration of it.
pub(super) enum Outputs<'a> {
    /// They are known when it has run.
    Unknown,
    /// These names.
    Named(Vec<String>),
    /// Of each of these steps by its id: an iteration has those of the steps in it, at all levels.
    Steps(Vec<&'a Step>),
    /// A group has none of its own.
    Group,
}

/// The outputs of a step that is done once, or of one iteration of a loop.
pub(super) fn outputs_of<'a>(step: &'a Step, is_iteration: bool, known: &Known<'_>) -> Outputs<'a> {
    match &step.action {
        Action::Uses { uses, .. } => {
            known.step_type(uses).map_or(Outputs::Unknown, |metadata| named(&metadata.outputs))
        }
        Action::Job { name, .. } => known.jobs.get(name.as_str()).map_or(Outputs::Unknown, |job| {
            Outputs::Named(job.outputs.iter().map(|output| output.name.clone()).collect())
        }),
        Action::Parallel { .. } | Action::Steps(_) if is_iteration => {
            let mut steps = Vec::new();
            step.inner().iter().for_each(|inner| collect(inner, &mut steps));
            Outputs::Steps(steps)
        }
        Action::Parallel { .. } | Action::Steps(_) => Outputs::Group,
    }
}

/// A step and those in it; of a loop only the whole.
fn collect<'a>(step: &'a Step, steps: &mut Vec<&'a Step>) {
    steps.push(step);
    if step.for_each.is_none() {
        step.inner().iter().for_each(|inner| collect(inner, steps));
    }
}

/// The names that a schema of outputs allows, when it says all of them.
pub(super) fn named(schema: &Value) -> Outputs<'static> {
    let names = schema.get("properties").and_then(Value::as_object);
    let open = ["patternProperties", "allOf", "anyOf", "oneOf", "$ref", "$dynamicRef", "if", "dependentSchemas"];
    let is_closed = match schema.get("additionalProperties") {
        None => names.is_some_and(|names| !names.is_empty()),
        Some(rest) => *rest == Value::Bool(false),
    };
    if !is_closed || open.iter().any(|keyword| schema.get(keyword).is_some()) {
        return Outputs::Unknown;
    }
    Outputs::Named(names.into_iter().flat_map(|names| names.keys().cloned()).collect())
}
