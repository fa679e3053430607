//! Content lines: `NAME;PARAMETER=VALUE:VALUE`, folded over several lines of the file.

use super::Wrong;

/// A content line.
#[derive(Debug)]
pub(super) struct Line {
    /// Where it begins in the file, from 1.
    pub(super) number: u64,
    /// In capitals.
    pub(super) name: String,
    parameters: Vec<(String, String)>,
    pub(super) value: String,
}

impl Line {
    /// A parameter by its name in capitals.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn wrong(&self, why: impl Into<String>, hint: impl Into<String>) -> Wrong {
        Wrong::at(self.number, why, hint)
    }

    fn parse(number: u64, text: &str) -> Option<Self> {
        let mut quoted = false;
        let mut ends = text.char_indices().filter(|(_, c)| {
            quoted ^= *c == '"';
            !quoted && matches!(c, ':' | ';')
        });
        let mut pieces = Vec::new();
        let mut begin = 0;
        let colon = loop {
            let (at, c) = ends.next()?;
            pieces.push(&text[begin..at]);
            begin = at + 1;
            if c == ':' {
                break at;
            }
        };
        let (name, parameters) = pieces.split_first()?;
        let parameter = |text: &&str| {
            let (name, value) = text.split_once('=')?;
            Some((name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
        };
        let parameters = parameters.iter().map(parameter).collect::<Option<_>>()?;
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        is_name.then(|| Self {
            number,
            name: name.to_ascii_uppercase(),
            parameters,
            value: text[colon + 1..].to_owned(),
        })
    }
}

/// All content lines of a text; blank lines are passed over.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, Wrong> {
    let mut whole: Vec<(u64, String)> = Vec::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        match (line.strip_prefix([' ', '\t']), whole.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => whole.push((number, line.to_owned())),
        }
    }
    let parse = |(number, line): &(u64, String)| {
        let wrong = || Wrong::at(*number, "this is no line of an iCalendar file", "a line is `NAME:value`");
        Line::parse(*number, line).ok_or_else(wrong)
    };
    whole.iter().map(parse).collect()
}
