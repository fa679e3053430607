//! Finding expressions in a text.

use super::ExpressionError;

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Text(&'a str),
    Expression(&'a str),
}

pub(super) fn split(text: &str) -> Result<Vec<Part<'_>>, ExpressionError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(OPEN) {
        if open > 0 {
            pieces.push(Part::Text(&rest[..open]));
        }
        let inner = &rest[open + OPEN.len()..];
        let close = end_of_expression(inner).ok_or_else(|| {
            ExpressionError::invalid(format!("an expression begins with `{OPEN}` and has no `{CLOSE}`"))
        })?;
        pieces.push(Part::Expression(inner[..close].trim()));
        rest = &inner[close + CLOSE.len()..];
    }
    if !rest.is_empty() {
        pieces.push(Part::Text(rest));
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
