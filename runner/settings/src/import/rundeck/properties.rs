//! Java's properties, with the place of each; the crates that read them do not tell the column.

use crate::yaml::{Position, is_secret_name};

/// A key and its value. No `Debug`, for the value may be a secret.
pub(super) struct Property {
    pub(super) key: String,
    pub(super) value: String,
    /// Where the key begins.
    pub(super) at: Position,
    /// The last of its lines, from 1.
    last: u64,
}

/// A line with those that go on with it.
struct Logical {
    text: String,
    at: Position,
    last: u64,
}

/// All properties in their order, as `java.util.Properties` reads them; the error is the place and the reason.
pub(super) fn parse(text: &str) -> Result<Vec<Property>, (Position, String)> {
    logical_lines(text).into_iter().map(property).collect()
}

/// The text as an error may show it: without the values of what is called a secret.
pub(super) fn without_secrets(text: &str, properties: &[Property]) -> String {
    let mut lines: Vec<String> = physical_lines(text).map(str::to_owned).collect();
    for property in properties.iter().filter(|property| is_secret_name(&property.key)) {
        for number in property.at.line..=property.last {
            let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
            if let Some(line) = lines.get_mut(index) {
                *line = if number == property.at.line { format!("{} = ***", property.key) } else { "***".to_owned() };
            }
        }
    }
    lines.join("\n")
}

/// `\r`, `\n` or both end a line.
fn physical_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

const BLANKS: [char; 3] = [' ', '\t', '\u{c}'];

fn logical_lines(text: &str) -> Vec<Logical> {
    let mut all: Vec<Logical> = Vec::new();
    let mut goes_on = false;
    for (line, number) in physical_lines(text).zip(1..) {
        let begin = line.trim_start_matches(BLANKS);
        if !goes_on {
            if begin.is_empty() || begin.starts_with(['#', '!']) {
                continue;
            }
            let column = u64::try_from(line.len() - begin.len()).unwrap_or(u64::MAX).saturating_add(1);
            all.push(Logical { text: String::new(), at: Position { line: number, column }, last: number });
        }
        let escapes = begin.bytes().rev().take_while(|b| *b == b'\\').count();
        goes_on = escapes % 2 == 1;
        if let Some(logical) = all.last_mut() {
            logical.text.push_str(if goes_on { &begin[..begin.len() - 1] } else { begin });
            logical.last = number;
        }
    }
    all
}

fn property(Logical { text, at, last }: Logical) -> Result<Property, (Position, String)> {
    let mut escaped = false;
    let end = text.find(|c: char| {
        let ends = !escaped && (c == '=' || c == ':' || BLANKS.contains(&c));
        escaped = c == '\\' && !escaped;
        ends
    });
    let (key, rest) = text.split_at(end.unwrap_or(text.len()));
    let rest = rest.trim_start_matches(BLANKS);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(BLANKS);
    let read = |text: &str| unescape(text).map_err(|reason| (at, reason));
    Ok(Property { key: read(key)?, value: read(value)?, at, last })
}

fn unescape(text: &str) -> Result<String, String> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            units.extend(c.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        match rest.next() {
            Some('u') => {
                let digits: String = rest.by_ref().take(4).collect();
                let unit =
                    u16::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4 && !digits.starts_with('+'));
                units.push(unit.ok_or("`\\u` is followed by four hexadecimal digits")?);
            }
            Some('t') => units.push(0x09),
            Some('n') => units.push(0x0a),
            Some('f') => units.push(0x0c),
            Some('r') => units.push(0x0d),
            Some(other) => units.extend(other.encode_utf16(&mut [0; 2]).iter()),
            None => {}
        }
    }
    String::from_utf16(&units).map_err(|_| "half of a character is written with `\\u`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let properties = parse(text).unwrap_or_else(|(at, reason)| panic!("{at:?}: {reason}"));
        properties.into_iter().map(|property| (property.key, property.value)).collect()
    }

    #[test]
    fn as_java_reads_them() {
        let text = "# a comment \\\n! another\n\na=1\n  b : 2\r\nc 3\nd\ne==x\nf=a\\\n    b\\\\\ng\\ h\\=\\:=\\u00e4\\t\\q\ni = trailing \n";
        let expected = [
            ("a", "1"),
            ("b", "2"),
            ("c", "3"),
            ("d", ""),
            ("e", "=x"),
            ("f", "ab\\"),
            ("g h=:", "ä\tq"),
            ("i", "trailing "),
        ];
        assert_eq!(pairs(text), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(pairs("a=\\ud83d\\ude00\rb=\\"), [("a".into(), "😀".into()), ("b".into(), String::new())]);
    }

    #[test]
    fn an_escape_that_means_nothing_has_its_place() {
        for text in ["ok=1\n  x=\\u00g0", "ok=1\n  x=\\u12", "ok=1\n  x=\\ud83d", "ok=1\n  x=\\u+123"] {
            assert_eq!(parse(text).err().unwrap().0, Position { line: 2, column: 3 }, "{text}");
        }
    }

    #[test]
    fn what_is_shown_has_no_secret() {
        let text = "a=1\nproject.aws.secret_key=hun\\\n  ter2\nb=2\n";
        let shown = without_secrets(text, &parse(text).unwrap_or_default());
        assert_eq!(shown, "a=1\nproject.aws.secret_key = ***\n***\nb=2\n");
    }
}
