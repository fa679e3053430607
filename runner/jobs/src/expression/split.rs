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

/// The pieces of a text in their order: what stands in it, and nothing for each expression. A text whose expressions cannot be
/// found is nothing as a whole.
pub fn literals(text: &str) -> Vec<Option<&str>> {
    let piece = |part| match part {
        Part::Text(text) => Some(text),
        Part::Expression(_) => None,
    };
    split(text).map_or_else(|_| vec![None], |parts| parts.into_iter().map(piece).collect())
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
    use super::literals;

    #[test]
    fn literals_stand_around_expressions() {
        assert_eq!(literals("/web/${{ options.a ~ '}}' }}/x"), [Some("/web/"), None, Some("/x")]);
        assert_eq!(literals("/web/${{ a"), [None]);
        assert_eq!(literals("plain"), [Some("plain")]);
    }
}
