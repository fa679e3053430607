//! A text with expressions in it.

use minijinja::Value;
use serde_json::Value as Json;

use super::ExpressionError;
use super::compiled::Compiled;
use super::split::{Part, split};
use crate::job::scalar_text;

/// The longest text that expressions are put into.
const LONGEST: usize = 8 << 20;

/// A text whose expressions are compiled.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
}

/// A piece of a text.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(String),
    Expression(Compiled),
}

/// What becomes of a value in a text when it is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// The text cannot be made.
    Refused,
    /// Nothing is put in.
    Empty,
}

impl Template {
    pub(crate) fn new(text: &str) -> Result<Self, ExpressionError> {
        let piece = |part| match part {
            Part::Text(text) => Ok(Piece::Text(text.to_owned())),
            Part::Expression(source) => Compiled::new(source).map(Piece::Expression),
        };
        Ok(Self { pieces: split(text)?.into_iter().map(piece).collect::<Result<_, _>>()? })
    }

    /// Its expressions.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Compiled> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Expression(expression) => Some(expression),
            Piece::Text(_) => None,
        })
    }

    /// The expression, when the text is a single one.
    pub(crate) fn lone(&self) -> Option<&Compiled> {
        match self.pieces.as_slice() {
            [Piece::Expression(expression)] => Some(expression),
            _ => None,
        }
    }

    /// The value of the expression, with its type, when the text is a single one; else the text with the values of its
    /// expressions put in.
    pub(crate) fn value(&self, context: &Value, absent: Absent) -> Result<Json, ExpressionError> {
        if let Some(expression) = self.lone() {
            return expression.evaluate(context);
        }
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text += piece,
                Piece::Expression(expression) => text += &put_in(expression, context, absent)?,
            }
            if text.len() > LONGEST {
                return Err(ExpressionError::invalid(format!("the text becomes longer than {LONGEST} bytes")));
            }
        }
        Ok(Json::String(text))
    }
}

fn put_in(expression: &Compiled, context: &Value, absent: Absent) -> Result<String, ExpressionError> {
    match expression.evaluate(context)? {
        Json::Null if absent == Absent::Empty => Ok(String::new()),
        Json::Null => {
            let message = format!("`{}` has no value to put into this text", expression.source);
            Err(ExpressionError::invalid(message).with_hint("make the option required, or give it a default"))
        }
        value => Ok(scalar_text(&value)),
    }
}
