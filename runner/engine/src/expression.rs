//! `${{ }}` in texts: finding expressions, checking what they refer to, and their values.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Value, json};
use windlass_errors::nearest_hint;

use crate::options::{Options, as_text};

const OPEN: &str = "${{";
const CLOSE: &str = "}}";
/// An expression is a formula, not a program.
const FUEL: u64 = 10_000;

/// What is wrong with an expression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ExpressionError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// Evaluates the expressions of a job with the values of its options.
pub(crate) struct Expressions<'a> {
    environment: Environment<'static>,
    options: &'a Options,
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Expression(&'a str),
}

impl<'a> Expressions<'a> {
    pub(crate) fn new(options: &'a Options) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        Self { environment, options }
    }

    /// The value of a text: of the expression, with its type, when the text is a single one; else the text with the values
    /// of its expressions put in.
    pub(crate) fn value(&self, text: &str) -> Result<Value, ExpressionError> {
        let pieces = split(text)?;
        match pieces.as_slice() {
            [] => Ok(Value::String(String::new())),
            [Piece::Expression(expression)] => self.evaluate(expression),
            pieces => pieces.iter().map(|piece| self.text(piece)).collect::<Result<String, _>>().map(Value::String),
        }
    }

    fn text(&self, piece: &Piece<'_>) -> Result<String, ExpressionError> {
        match piece {
            Piece::Text(text) => Ok((*text).to_owned()),
            Piece::Expression(expression) => match self.evaluate(expression)? {
                Value::Null => Err(ExpressionError {
                    code: "job.invalid-expression",
                    message: format!("`{}` has no value to put into this text", expression.trim()),
                    hint: Some("make the option required, or give it a default".to_owned()),
                }),
                value => Ok(as_text(&value)),
            },
        }
    }

    fn evaluate(&self, expression: &str) -> Result<Value, ExpressionError> {
        let expression = expression.trim();
        let invalid = |error: &minijinja::Error| ExpressionError {
            code: "job.invalid-expression",
            message: format!("expression `{expression}`: {}", explain(error)),
            hint: None,
        };
        let compiled = self.environment.compile_expression(expression).map_err(|error| invalid(&error))?;
        for name in compiled.undeclared_variables(true) {
            self.check_reference(&name)?;
        }
        let context = minijinja::Value::from(Serde(&json!({ "options": self.options })));
        let value = compiled.eval(context).map_err(|error| invalid(&error))?;
        if value.is_undefined() {
            return Err(undefined(expression, None));
        }
        serde_json::to_value(value).map_err(|_| ExpressionError {
            code: "job.invalid-expression",
            message: format!("expression `{expression}` has no value that JSON could hold"),
            hint: None,
        })
    }

    fn check_reference(&self, name: &str) -> Result<(), ExpressionError> {
        let mut path = name.split('.');
        match (path.next(), path.next()) {
            (Some("options"), None) => Ok(()),
            (Some("options"), Some(option)) if self.options.contains_key(option) => Ok(()),
            (Some("options"), Some(option)) => {
                Err(undefined(name, Some(nearest_hint(option, self.options.keys().map(String::as_str)))))
            }
            // `range` and other functions of the language.
            (Some(function), None) if self.environment.globals().any(|(known, _)| known == function) => Ok(()),
            _ => Err(undefined(name, Some("an expression may use `options.NAME`".to_owned()))),
        }
    }
}

fn undefined(name: &str, hint: Option<String>) -> ExpressionError {
    ExpressionError { code: "job.undefined-reference", message: format!("`{name}` is not defined"), hint }
}

fn explain(error: &minijinja::Error) -> String {
    let kind = error.kind().to_string();
    error.detail().map_or(kind.clone(), |detail| format!("{kind}, {detail}"))
}

fn split(text: &str) -> Result<Vec<Piece<'_>>, ExpressionError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(OPEN) {
        if open > 0 {
            pieces.push(Piece::Text(&rest[..open]));
        }
        let inner = &rest[open + OPEN.len()..];
        let close = end_of_expression(inner).ok_or_else(|| ExpressionError {
            code: "job.invalid-expression",
            message: format!("an expression begins with `{OPEN}` and has no `{CLOSE}`"),
            hint: None,
        })?;
        pieces.push(Piece::Expression(&inner[..close]));
        rest = &inner[close + CLOSE.len()..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// Where `}}` stands outside quotes.
fn end_of_expression(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if text[at..].starts_with(CLOSE) => return Some(at),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Value, ExpressionError> {
        let options = json!({ "limit": 100, "ratio": 0.5, "code": "500", "quick": true, "none": null });
        Expressions::new(options.as_object().unwrap()).value(text)
    }

    #[test]
    fn a_lone_expression_keeps_its_type() {
        assert_eq!(value("${{ options.limit }}"), Ok(json!(100)));
        assert_eq!(value("${{ options.ratio }}"), Ok(json!(0.5)));
        assert_eq!(value("${{ not options.quick }}"), Ok(json!(false)));
        assert_eq!(value("${{ options.code }}"), Ok(json!("500")));
        assert_eq!(value("${{ options.none }}"), Ok(Value::Null));
    }

    #[test]
    fn within_a_text_values_become_text() {
        assert_eq!(value("limit ${{ options.limit + 1 }}, ${{ options.code }}"), Ok(json!("limit 101, 500")));
        assert!(value("x${{ options.none }}").unwrap_err().message.contains("no value"));
    }

    #[test]
    fn what_is_no_expression_stays() {
        assert_eq!(value("$HOME {{ x }} {% y %} ${z}"), Ok(json!("$HOME {{ x }} {% y %} ${z}")));
        assert_eq!(value("${{ '${{ }}' }}"), Ok(json!("${{ }}")));
        assert_eq!(value(""), Ok(json!("")));
    }

    #[test]
    fn an_unknown_option_is_an_error_with_the_nearest() {
        let error = value("${{ options.limmit }}").unwrap_err();
        assert_eq!(error.code, "job.undefined-reference");
        assert_eq!(error.hint.as_deref(), Some("did you mean `limit`?"));
        assert_eq!(value("${{ env.HOME }}").unwrap_err().code, "job.undefined-reference");
        assert_eq!(value("${{ options['nope'] }}").unwrap_err().code, "job.undefined-reference");
    }

    #[test]
    fn a_faulty_expression_is_an_error() {
        for text in ["${{ options.limit", "${{ 1 + }}", "${{ }}", "${{ range(1000000)|list|length }}"] {
            assert_eq!(value(text).unwrap_err().code, "job.invalid-expression", "{text}");
        }
    }
}
