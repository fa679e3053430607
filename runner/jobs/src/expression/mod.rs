//! `${{ }}` in texts: finding expressions, what they refer to, and their values.

mod bounds;
mod compiled;
mod language;
mod meter;
mod product;
mod reference;
mod split;
mod template;
#[cfg(test)]
mod tests;

pub(crate) use compiled::Compiled;
pub(crate) use reference::{Part, Reference};
pub use split::literals;
pub(crate) use template::{Absent, Template};

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpressionError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl ExpressionError {
    fn invalid(message: impl Into<String>) -> Self {
        Self { code: "job.invalid-expression", message: message.into(), hint: None }
    }

    pub(crate) fn undefined(name: &str, hint: impl Into<String>) -> Self {
        let message = format!("`{name}` is not defined");
        Self { code: "job.undefined-reference", message, hint: Some(hint.into()) }
    }

    /// A secret option where its text would be seen or stored.
    pub(crate) fn misplaced(option: &str) -> Self {
        Self {
            code: "job.secret-misplaced",
            message: format!("the secret option `{option}` cannot be used here"),
            hint: Some(format!("give it to a field that takes a secret, alone: `${{{{ options.{option} }}}}`")),
        }
    }

    fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}
