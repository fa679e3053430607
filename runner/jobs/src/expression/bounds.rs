//! How large an expression may be, looked at before it is parsed: the parser itself calls itself for each minus, `not` and
//! `else`, however many there are.

use minijinja::machinery::{Token, tokenize};

use super::ExpressionError;

/// The longest expression in bytes.
const LONGEST: usize = 4096;
/// How many brackets may be open at a time.
const DEEPEST: usize = 50;
/// How many operators and filters an expression may have: each may make a text longer.
const MOST_OPERATORS: usize = 100;
/// How many names, numbers, dots and the like an expression may have.
const MOST_TOKENS: usize = 1000;

/// Refuses what is too large.
pub(super) fn bounds(source: &str) -> Result<(), ExpressionError> {
    let too_large = |why: String| Err(ExpressionError::invalid(format!("the expression is too large: {why}")));
    if source.len() > LONGEST {
        return too_large(format!("it may have {LONGEST} bytes"));
    }
    let (mut tokens, mut operators, mut depth) = (0, 0, 0_usize);
    // What cannot be read as tokens, the parser will refuse.
    for (token, _) in tokenize(source, true, Default::default()).map_while(Result::ok) {
        tokens += 1;
        match token {
            Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => depth += 1,
            Token::BracketClose | Token::ParenClose | Token::BraceClose => depth = depth.saturating_sub(1),
            token if is_operator(&token) => operators += 1,
            _ => {}
        }
        if depth > DEEPEST {
            return too_large(format!("it may have {DEEPEST} brackets in each other"));
        }
        if operators > MOST_OPERATORS {
            return too_large(format!("it may have {MOST_OPERATORS} operators and filters"));
        }
        if tokens > MOST_TOKENS {
            return too_large(format!("it may have {MOST_TOKENS} names, numbers and signs"));
        }
    }
    Ok(())
}

fn is_operator(token: &Token<'_>) -> bool {
    match token {
        Token::Ident(word) => matches!(*word, "not" | "and" | "or" | "if" | "else" | "is" | "in"),
        Token::Plus
        | Token::Minus
        | Token::Mul
        | Token::Div
        | Token::FloorDiv
        | Token::Pow
        | Token::Mod
        | Token::Tilde
        | Token::Pipe
        | Token::Eq
        | Token::Ne
        | Token::Lt
        | Token::Lte
        | Token::Gt
        | Token::Gte => true,
        _ => false,
    }
}
