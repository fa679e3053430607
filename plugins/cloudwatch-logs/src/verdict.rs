//! Conditions over what a query gave, by which a step fails or warns.

use minijinja::value::Serde;
use minijinja::{Environment, Expression, UndefinedBehavior};
use serde_json::Value;
use windlass_plugin_api::{Context, StepError};

/// How many steps of evaluation a condition may take; one over a thousand rows takes some tens of thousands.
const FUEL: u64 = 1_000_000;

/// The conditions of a step, as they are written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Conditions<'a> {
    pub(crate) fail: Option<&'a str>,
    pub(crate) warn: Option<&'a str>,
}

/// An environment for them.
pub(crate) fn language() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment
}

/// The conditions, ready to be asked: what is wrong with one is found before a query is paid.
pub(crate) struct Verdict<'e> {
    fail: Option<Condition<'e>>,
    warn: Option<Condition<'e>>,
}

struct Condition<'e> {
    key: &'static str,
    text: &'e str,
    expression: Expression<'e, 'e>,
}

impl<'e> Verdict<'e> {
    pub(crate) fn read(conditions: Conditions<'e>, language: &'e Environment<'static>) -> Result<Self, StepError> {
        let read = |key, text: Option<&'e str>| text.map(|text| Condition::read(key, text, language)).transpose();
        Ok(Self { fail: read("failWhen", conditions.fail)?, warn: read("warnWhen", conditions.warn)? })
    }

    /// Whether there is any condition.
    pub(crate) fn asks(&self) -> bool {
        self.fail.is_some() || self.warn.is_some()
    }

    /// Warns or fails.
    pub(crate) fn pass(&self, facts: &Value, context: &Context) -> Result<(), StepError> {
        if let Some(condition) = &self.warn
            && condition.holds(facts)?
        {
            context.warn(condition.said(facts));
        }
        match &self.fail {
            Some(condition) if condition.holds(facts)? => {
                let help = "the rows are in the table `results`";
                Err(StepError::new("cloudwatch-logs.condition-met", condition.said(facts)).with_help(help))
            }
            _ => Ok(()),
        }
    }
}

impl<'e> Condition<'e> {
    fn read(key: &'static str, text: &'e str, language: &'e Environment<'static>) -> Result<Self, StepError> {
        let expression = language.compile_expression(text);
        let expression = expression.map_err(|error| invalid(key, text, &error))?;
        Ok(Self { key, text, expression })
    }

    fn holds(&self, facts: &Value) -> Result<bool, StepError> {
        let value = self.expression.eval(minijinja::Value::from(Serde(facts)));
        Ok(value.map_err(|error| invalid(self.key, self.text, &error))?.is_true())
    }

    fn said(&self, facts: &Value) -> String {
        format!("`{}` holds: `{}`, with {} rows", self.key, self.text, facts["rowCount"])
    }
}

fn invalid(key: &str, text: &str, error: &minijinja::Error) -> StepError {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let message = format!("`{key}` cannot be evaluated: `{text}`: {detail}");
    let help = "it sees `rowCount`, `rows` (the first 1000, by column) and `statistics` (`recordsMatched`, \
                `recordsScanned`, `bytesScanned`)";
    StepError::new("step.invalid-config", message).with_help(help)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(text: &str) -> Result<bool, String> {
        let language = language();
        let facts = json!({"rowCount": 2, "rows": [{"status": "500", "n": 7}, {"status": "200", "n": 1}],
            "statistics": {"recordsMatched": 2, "recordsScanned": 90, "bytesScanned": 1000}});
        let condition = Condition::read("failWhen", text, &language).map_err(|error| error.message)?;
        condition.holds(&facts).map_err(|error| error.message)
    }

    #[test]
    fn conditions_see_rows_and_statistics() {
        for (text, wanted) in [
            ("rowCount > 1", true),
            ("rowCount == 0", false),
            ("rows[0].n > 5 and statistics.bytesScanned < 2000", true),
            ("rows | selectattr('status', 'ge', '500') | list | length > 1", false),
            ("'404' in rows | map(attribute='status')", false),
            ("rows | sum(attribute='n') == 8", true),
        ] {
            assert_eq!(holds(text), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, said) in [
            ("rowCount >", "unexpected end"),
            ("rowcount > 1", "undefined"),
            ("rows | nosuch", "nosuch"),
            ("rows[0].level == 'x'", "undefined"),
        ] {
            let error = holds(text).unwrap_err();
            assert!(error.starts_with(&format!("`failWhen` cannot be evaluated: `{text}`")), "{error}");
            assert!(error.contains(said), "{error}");
        }
    }
}
