//! Values that are not known yet, and what they could mend.

use std::collections::BTreeSet;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

/// The JSON pointers of values that are not known yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holes {
    /// Of any type. An entry of a map may even be left out.
    pub(crate) any: BTreeSet<String>,
    /// Texts.
    pub(crate) texts: BTreeSet<String>,
}

impl Holes {
    /// Whether the value at a pointer is not known.
    pub(crate) fn is_in(&self, pointer: &str) -> bool {
        self.any.contains(pointer) || self.texts.contains(pointer)
    }

    /// Whether some values could make a broken rule hold. When in doubt they could: the run tells.
    pub(super) fn mend(&self, error: &ValidationError<'_>) -> bool {
        if self.any.is_empty() && self.texts.is_empty() {
            return false;
        }
        let pointer = error.instance_path().to_string();
        if self.any.contains(&pointer) || is_conditional(error) {
            return true;
        }
        match error.kind() {
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                context.iter().any(|rules| rules.iter().all(|rule| self.mend(rule)))
            }
            ValidationErrorKind::Type { .. } => false,
            _ if self.texts.contains(&pointer) => true,
            ValidationErrorKind::AdditionalProperties { .. }
            | ValidationErrorKind::AdditionalItems { .. }
            | ValidationErrorKind::Required { .. }
            | ValidationErrorKind::PropertyNames { .. }
            | ValidationErrorKind::MinItems { .. }
            | ValidationErrorKind::MaxItems { .. }
            | ValidationErrorKind::MinProperties { .. } => false,
            _ => self.is_above_one(&pointer),
        }
    }

    /// Whether something below a pointer is not known.
    fn is_above_one(&self, pointer: &str) -> bool {
        let below = format!("{pointer}/");
        let first =
            |holes: &BTreeSet<String>| holes.range(below.clone()..).next().is_some_and(|hole| hole.starts_with(&below));
        first(&self.any) || first(&self.texts)
    }
}

/// Whether the rule only holds under a condition, which may depend on what is not known.
fn is_conditional(error: &ValidationError<'_>) -> bool {
    let way = error.evaluation_path().to_string();
    way.split('/').any(|keyword| matches!(keyword, "then" | "else" | "dependentSchemas" | "dependentRequired"))
}
