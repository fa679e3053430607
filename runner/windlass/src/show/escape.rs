//! Log text may carry terminal control sequences; shown raw, they could move the cursor, retitle the window or hide text.

/// One line: control characters become visible symbols.
pub(crate) fn safe_text(text: &str) -> String {
    clean(text, |c| c == '\t')
}

/// Several lines: as [`safe_text`], with the line breaks kept.
pub(crate) fn safe_lines(text: &str) -> String {
    clean(text, |c| c == '\t' || c == '\n')
}

/// One line without its terminal control sequences: colours stay where they are wanted and are ended with the line, whatever
/// else moves, hides or retitles goes.
pub(crate) fn colours(text: &str, wanted: bool) -> String {
    let (mut shown, mut rest, mut coloured) = (String::with_capacity(text.len()), text, false);
    while let Some(at) = rest.find('\x1b') {
        shown += &safe_text(&rest[..at]);
        let (sequence, after) = sequence(&rest[at..]);
        if wanted && is_colour(sequence) {
            shown += sequence;
            coloured = true;
        }
        rest = after;
    }
    shown += &safe_text(rest);
    if coloured {
        shown += "\x1b[0m";
    }
    shown
}

fn is_colour(sequence: &str) -> bool {
    let numbers = sequence.strip_prefix("\x1b[").and_then(|rest| rest.strip_suffix('m'));
    numbers.is_some_and(|numbers| numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b';' || byte == b':'))
}

/// The control sequence that a text begins with, and what follows it (ECMA-48).
fn sequence(text: &str) -> (&str, &str) {
    let body = &text[1..];
    let end = match body.chars().next() {
        Some('[') => body.find(|c: char| ('\u{40}'..='\u{7e}').contains(&c) && c != '[').map(|end| end + 1),
        // A string up to its end mark; one without an end is shown rather than hidden.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let ends = [body.find('\x07').map(|end| end + 1), body.find("\x1b\\").map(|end| end + 2)];
            ends.into_iter().flatten().min().or(Some(1))
        }
        Some(c) => Some(c.len_utf8()),
        None => Some(0),
    };
    text.split_at(1 + end.unwrap_or(1))
}

fn clean(text: &str, keep: impl Fn(char) -> bool) -> String {
    let visible = |c: char| match c {
        c if keep(c) => c,
        // The control pictures of Unicode stand in the order of ASCII.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        // C1 controls, and marks that turn the direction of the text around.
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    };
    text.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_control_sequences_only_colours_stay() {
        let line = "a\x1b[1;31mred\x1b[0m\x1b[2J\x1b]0;title\x07b\x1b]8;;x\x1b\\c\x1b(Bd\x1b[?25l\x08e";
        assert_eq!(colours(line, true), "a\x1b[1;31mred\x1b[0mbcBd\u{2408}e\x1b[0m");
        assert_eq!(colours(line, false), "aredbcBd\u{2408}e");
        for text in ["\x1b", "\x1b[", "\x1b[31", "\x1b]0;x", "\x1b\x1b[1mx", "\x1b[[m"] {
            assert!(!colours(text, false).contains('\x1b'), "{text:?}");
        }
        assert_eq!(colours("\x1b]0;hidden", true), "0;hidden");
    }

    #[test]
    fn an_escape_sequence_is_shown_and_not_obeyed() {
        assert_eq!(safe_text("a\x1b[2Jb\tc\nd"), "a␛[2Jb\tc␊d");
        assert_eq!(safe_lines("a\r\nb\u{9b}1m\u{202e}"), "a␍\nb\u{fffd}1m\u{fffd}");
    }
}
