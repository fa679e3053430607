//! A step's `with` against its step type.

use std::collections::BTreeSet;

use serde_json::Value;
use windlass_errors::nearest_hint;
use windlass_plugin_api::StepMetadata;
use windlass_plugin_api::fields::{SECRET, VERBATIM};
use windlass_settings::KeyPath;
use windlass_settings::yaml::Position;

use super::Check;
use super::outputs::{Outputs, named};
use super::scope::Scope;
use super::texts::Outline;
use crate::expression::ExpressionError;
use crate::job::{ValuesFrom, ValuesStep};
use crate::marks::marked;
use crate::schema::{check_outline, unusable, validator};
use crate::secrets::{own_key, verbatim_at};
use crate::{Step, StepType, Tree};

impl<'a> Check<'a> {
    /// Of a step, or of none for one that is asked for the values of an option.
    pub(super) fn configuration(
        &mut self,
        step: Option<&Step>,
        (uses, at, with): (&StepType, Position, &Tree),
        scope: &Scope<'a>,
    ) {
        let Some(metadata) = self.step_type(uses, at) else {
            self.outline(with, scope, &BTreeSet::new());
            return;
        };
        let schema = &metadata.config;
        let verbatim: BTreeSet<String> = marked(schema, &with.raw(), VERBATIM).into_iter().collect();
        for pointer in &verbatim {
            if let Err(error) = verbatim_at(with, pointer, self.job) {
                self.errors.push(error);
            }
        }
        let outline = self.outline(with, scope, &verbatim);
        self.against(&outline, schema, uses);
        self.secrets(&outline, schema);
        self.places(step, with, &outline, schema);
    }

    fn against(&mut self, outline: &Outline, schema: &Value, uses: &StepType) {
        let validator = self.validators.entry(uses.clone()).or_insert_with(|| validator(schema));
        let with = &outline.evaluated;
        match validator {
            Ok(validator) => {
                self.errors.extend(check_outline(with, &outline.holes, validator, schema, uses, self.job));
            }
            Err(why) => self.errors.push(unusable(why, with, &uses.to_string(), &self.job.file)),
        }
    }

    /// The description of a step type. When its plugin is not described, nothing is said of it.
    fn step_type(&mut self, uses: &StepType, at: Position) -> Option<&'a StepMetadata> {
        let Some(plugin) = self.known.plugins.get(uses.plugin.as_str()) else {
            let message = format!("there is no plugin `{}`", uses.plugin);
            let hint = nearest_hint(&uses.plugin, self.known.plugins.keys().copied());
            self.wrong("job.unknown-step-type", at, message, Some(hint));
            return None;
        };
        let plugin = (*plugin)?;
        let found = plugin.steps.iter().find(|step| step.name == uses.step);
        if found.is_none() {
            let message = format!("plugin `{}` has no step `{}`", uses.plugin, uses.step);
            let hint = nearest_hint(&uses.step, plugin.steps.iter().map(|step| step.name.as_str()));
            self.wrong("job.unknown-step-type", at, message, Some(hint));
        }
        found
    }

    /// Keys are the project's, and secret options stand in fields that take a secret.
    fn secrets(&mut self, outline: &Outline, schema: &Value) {
        let with = &outline.evaluated;
        let fields = marked(schema, &with.value, SECRET);
        for pointer in fields.iter().filter(|pointer| !outline.holes.is_in(pointer)) {
            let text = with.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            // What does not even begin like a key breaks the schema.
            if with.secret_options.contains_key(pointer) || !text.starts_with("keys/") {
                continue;
            }
            let place = with.places.of_value(pointer);
            match KeyPath::parse(text) {
                Ok(path) => self.errors.extend(own_key(&path, self.project, self.job, place).err()),
                Err(why) => self.wrong("key.invalid-path", place, why, None),
            }
        }
        for (pointer, option) in with.secret_options.iter().filter(|(pointer, _)| !fields.contains(pointer)) {
            self.wrong_expression(with.places.of_value(pointer), ExpressionError::misplaced(option));
        }
    }

    /// A step that is asked for the values of an option.
    pub(super) fn values_source(&mut self, source: &ValuesFrom, place: Position) {
        let ValuesFrom::Step(ValuesStep { uses, at, with, output }) = source else { return };
        self.configuration(None, (uses, *at, with), &Scope::before());
        let Some(metadata) = self.known.step_type(uses) else { return };
        if let Outputs::Named(names) = named(&metadata.outputs)
            && !names.contains(output)
        {
            let message = format!("step type `{uses}` has no output `{output}`");
            let hint = nearest_hint(output, names.iter().map(String::as_str));
            self.wrong("job.undefined-reference", place, message, Some(hint));
        }
    }
}
