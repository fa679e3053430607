//! What expressions see when a job runs.

mod context;
mod facts;
mod refers;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value as Seen;
use minijinja::value::Serde;
use serde_json::{Value, json};

pub use facts::{RunFacts, StepFacts, TableFacts};
pub(crate) use refers::hint_of_root;

use crate::expression::{Absent, ExpressionError, Template};
use crate::{Bound, Job, OptionKind};
use context::{Context, OptionsSeen};

/// Texts whose expressions stay compiled; a job has fewer, unless it was made to have more.
const MOST_COMPILED: usize = 2000;

/// What the expressions of one execution see, at one point of it. A clone shares all that is large.
#[derive(Clone, Debug)]
pub struct Values {
    context: Context,
    options: Arc<OptionNames>,
    compiled: Compiled,
}

/// The options of the job, for messages.
#[derive(Debug)]
struct OptionNames {
    all: Vec<String>,
    secrets: BTreeSet<String>,
    /// The ids of all steps.
    steps: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Compiled(Arc<Mutex<HashMap<String, Arc<Template>>>>);

impl Values {
    /// What is seen before the first step.
    pub fn new(run: &RunFacts<'_>, bound: &Bound, job: &Job) -> Self {
        let secrets: BTreeSet<String> = job
            .options
            .iter()
            .filter(|option| option.kind == OptionKind::Secret)
            .map(|option| option.name.clone())
            .collect();
        let values = bound.values.iter().filter(|(name, _)| !secrets.contains(*name));
        let values = values.map(|(name, value)| (name.clone(), seen(value))).collect();
        let fixed = BTreeMap::from([
            ("options", Seen::from_object(OptionsSeen { values, secrets: secrets.clone() })),
            ("project", Seen::from(run.project)),
            ("job", seen(&json!({ "name": run.job }))),
            (
                "execution",
                seen(&json!({ "id": run.execution, "attempt": run.attempt, "scheduledAt": run.scheduled_at })),
            ),
        ]);
        let options = OptionNames {
            all: job.options.iter().map(|option| option.name.clone()).collect(),
            secrets,
            steps: job.all_steps().map(|step| step.id.clone()).collect(),
        };
        let context = Context { fixed: Arc::new(fixed), steps: Arc::default(), local: BTreeMap::new() };
        Self { context, options: Arc::new(options), compiled: Compiled::default() }
    }

    /// A step has ended; what comes after it sees how. A later end of the same step takes the place of the earlier.
    pub fn record_step(&mut self, id: &str, facts: StepFacts) {
        let steps = Arc::make_mut(&mut self.context.steps);
        steps.0.insert(id.to_owned(), facts::seen_step(facts));
    }

    /// What one iteration of a `forEach` sees.
    #[must_use]
    pub fn with_item(&self, item: &Value, index: usize) -> Self {
        let mut values = self.clone();
        values.context.local.insert("item", seen(item));
        values.context.local.insert("index", Seen::from(index));
        values
    }

    /// What a notification sees.
    #[must_use]
    pub fn with_event(&self, event: &Value) -> Self {
        let mut values = self.clone();
        values.context.local.insert("event", seen(event));
        values
    }

    /// What the handlers of a step see.
    #[must_use]
    pub fn with_error(&self, step: &str, code: &str, message: &str) -> Self {
        let mut values = self.clone();
        let error = seen(&json!({ "step": step, "code": code, "message": message }));
        values.context.local.insert("error", error);
        values
    }

    /// The value of a text, or the secret option that it is.
    pub(crate) fn text(&self, text: &str) -> Result<TextValue, ExpressionError> {
        if !text.contains("${{") {
            return Ok(TextValue::Plain(Value::String(text.to_owned())));
        }
        let template = self.compiled.get(text)?;
        if let Some(option) = template.lone().and_then(|expression| self.secret_option(expression)) {
            return Ok(TextValue::Secret(option));
        }
        for expression in template.expressions() {
            for reference in &expression.references {
                self.refers(reference)?;
            }
        }
        template.value(&Seen::from_object(self.context.clone()), self.absent()).map(TextValue::Plain)
    }

    /// What is said of an execution may be said before it has all of it; a step is not done with half of a text.
    fn absent(&self) -> Absent {
        if self.context.local.contains_key("event") { Absent::Empty } else { Absent::Refused }
    }
}

/// What a text comes to.
#[derive(Debug, PartialEq)]
pub(crate) enum TextValue {
    Plain(Value),
    /// The text of this secret option.
    Secret(String),
}

impl Compiled {
    fn get(&self, text: &str) -> Result<Arc<Template>, ExpressionError> {
        let mut compiled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compiled.get(text) {
            return Ok(Arc::clone(known));
        }
        let template = Arc::new(Template::new(text)?);
        if compiled.len() < MOST_COMPILED {
            compiled.insert(text.to_owned(), Arc::clone(&template));
        }
        Ok(template)
    }
}

fn seen(value: &Value) -> Seen {
    Seen::from(Serde(value))
}
