//! What a reference may name while a job runs; a job is checked for more before (`check`).

use windlass_errors::nearest_hint;

use super::Values;
use crate::expression::{Compiled, ExpressionError, Reference};

impl Values {
    /// The secret option that the expression is, and nothing else.
    pub(super) fn secret_option(&self, expression: &Compiled) -> Option<String> {
        let option = expression.lone_option()?;
        self.options.secrets.contains(option).then(|| option.to_owned())
    }

    pub(super) fn refers(&self, reference: &Reference) -> Result<(), ExpressionError> {
        match (reference.root.as_str(), reference.name(0)) {
            ("options", Some(option)) => {
                if self.options.secrets.contains(option) {
                    return Err(ExpressionError::misplaced(option));
                }
                if !self.options.all.iter().any(|known| known == option) {
                    let hint = nearest_hint(option, self.options.all.iter().map(String::as_str));
                    return Err(ExpressionError::undefined(&reference.shown(1), hint));
                }
                Ok(())
            }
            ("steps", Some(step)) => self.step(reference, step),
            ("options" | "steps" | "project" | "job" | "execution", _) => Ok(()),
            (name, _) if self.context.local.contains_key(name) => Ok(()),
            (name, _) => Err(ExpressionError::undefined(&reference.to_string(), hint_of_root(name))),
        }
    }

    fn step(&self, reference: &Reference, step: &str) -> Result<(), ExpressionError> {
        if self.context.steps.0.contains_key(step) {
            return Ok(());
        }
        let shown = reference.shown(1);
        if self.options.steps.iter().any(|known| known == step) {
            return Err(ExpressionError::undefined(&shown, format!("step `{step}` has not ended before this one")));
        }
        let hint = nearest_hint(step, self.options.steps.iter().map(String::as_str));
        Err(ExpressionError::undefined(&shown, hint))
    }
}

/// What to do about a name that is not there.
pub(crate) fn hint_of_root(name: &str) -> String {
    match name {
        "item" | "index" => format!("`{name}` is there in a step with `forEach`"),
        "event" => "`event` is there in notifications".to_owned(),
        "error" => "`error` is there in the steps of `onError`".to_owned(),
        _ => "an expression may use `options.NAME`, `steps.ID.outputs.NAME`, `project`, `job.name`, `execution.id`"
            .to_owned(),
    }
}
