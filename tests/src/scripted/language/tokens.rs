//! A query text, taken apart. Places are counted in characters from 0, as `QueryCompileErrorLocation` does.

use std::ops::Range;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, a number, or a length of time.
    Word(String),
    /// `"text"`, without its quotes.
    Text(String),
    /// `/text/`, without its slashes.
    Pattern(String),
    /// `|`, `,`, `(`, `)`, `*`, or a comparison.
    Symbol(&'static str),
}

pub(super) type Placed = (Token, Range<u32>);

/// Longer ones first.
const SYMBOLS: [&str; 10] = [">=", "<=", ">", "<", "=", "|", ",", "(", ")", "*"];

/// # Errors
/// With the place of the first character that begins nothing.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, Range<u32>> {
    let characters: Vec<char> = text.chars().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(&character) = characters.get(at) {
        let begin = at;
        let token = match character {
            _ if character.is_whitespace() => {
                at += 1;
                continue;
            }
            '#' => {
                at += characters[at..].iter().take_while(|character| **character != '\n').count();
                continue;
            }
            '"' => Token::Text(enclosed(&characters, &mut at)?),
            '/' => Token::Pattern(enclosed(&characters, &mut at)?),
            _ if in_word(character) => {
                at += characters[at..].iter().take_while(|character| in_word(**character)).count();
                Token::Word(characters[begin..at].iter().collect())
            }
            _ => {
                let fits = |symbol: &&str| symbol.chars().eq(characters[at..].iter().copied().take(symbol.len()));
                let symbol = SYMBOLS.into_iter().find(fits).ok_or_else(|| place(at, at + 1))?;
                at += symbol.len();
                Token::Symbol(symbol)
            }
        };
        found.push((token, place(begin, at)));
    }
    Ok(found)
}

/// What stands between two of the character at `at`; a backslash takes the next character as it is.
fn enclosed(characters: &[char], at: &mut usize) -> Result<String, Range<u32>> {
    let (begin, end) = (*at, characters[*at]);
    let mut text = String::new();
    loop {
        *at += 1;
        match characters.get(*at) {
            None => return Err(place(begin, *at)),
            Some(&character) if character == end => break,
            Some('\\') => {
                *at += 1;
                text.extend(characters.get(*at));
            }
            Some(&character) => text.push(character),
        }
    }
    *at += 1;
    Ok(text)
}

fn in_word(character: char) -> bool {
    character.is_alphanumeric() || "@_.-".contains(character)
}

pub(super) fn place(begin: usize, end: usize) -> Range<u32> {
    let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    number(begin)..number(end)
}
