//! The accounts and regions that a step's `with` names, beside those that the step names itself.

use serde_json::Value;
use windlass_plugin_api::fields::{ACCOUNT, REGION};
use windlass_settings::yaml::Position;

use super::Check;
use super::texts::Outline;
use crate::expression::Template;
use crate::marks::fields;
use crate::{Job, JobError, Step, Tree};

/// An error that a step says by its `account` or `region`, and in its `with` once more, where it works.
pub fn said_twice(key: &str, at: Position, job: &Job) -> JobError {
    let message = format!("the step has `{key}`, and its `with` names another place where it is to work");
    job.error("job.invalid-step", at, message).or_hint(format!("leave out the step's `{key}`, or that in its `with`"))
}

impl<'a> Check<'a> {
    pub(super) fn places(&mut self, step: Option<&Step>, with: &Tree, outline: &Outline, schema: &Value) {
        let raw = with.raw();
        let accounts = fields(schema, &raw, ACCOUNT);
        let fillable = accounts.found.iter().chain(&accounts.lists).find(|pointer| with.is_filled_at(pointer));
        if let Some(pointer) = fillable {
            self.has_list(outline.evaluated.places.of_value(pointer));
        }
        let of_step = step.map(|step| [("account", ACCOUNT, &step.account), ("region", REGION, &step.region)]);
        for (key, mark, own) in of_step.into_iter().flatten() {
            let named = fields(schema, &outline.evaluated.value, mark).found;
            if let (Some(pointer), true) = (named.first(), own.as_ref().is_some_and(has_value)) {
                self.tell(said_twice(key, outline.evaluated.places.of_value(pointer), self.job));
            }
        }
    }

    /// What an expression for an account comes to may be anybody's choice.
    pub(super) fn has_list(&mut self, place: Position) {
        if self.job.accounts.is_empty() {
            let message = "an expression for an account needs `accounts` in the job: those that it may come to";
            let hint = "add `accounts: [NAME, ...]` to the job";
            self.wrong("job.invalid", place, message, Some(hint.to_owned()));
        }
    }
}

/// Whether a text comes to something for certain; an expression that stands alone may have no value.
fn has_value(text: &Tree) -> bool {
    text.raw().as_str().is_none_or(|text| Template::new(text).is_ok_and(|template| template.lone().is_none()))
}
