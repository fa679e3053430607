//! The JSON Schema of job files, for editors: made of the same types that read them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};
use serde_json::Value;

use super::shape::JobFile;

pub(super) const DURATION: &str = "^([0-9]+(d|h|m|s|ms))+$";
pub(super) const IDENTIFIER: &str = "^[a-z][A-Za-z0-9_]*$";
pub(super) const STEP_TYPE: &str = "^[a-z0-9-]+/[a-z0-9-]+$";

/// The JSON Schema (draft 2020-12) of job files, for editors. It is not all of the rules: what it accepts may still break
/// one.
pub fn job_schema() -> Value {
    schema_for!(JobFile).to_value()
}

/// The form of an `if`.
pub(super) struct Condition;

/// The form of a loop's `items`.
pub(super) struct Items;

impl JsonSchema for Condition {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["boolean", "string"]})
    }
}

impl JsonSchema for Items {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Items".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["array", "object", "string"]})
    }
}

#[cfg(test)]
mod tests;
