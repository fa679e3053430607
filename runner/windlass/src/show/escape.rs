//! Log text may carry terminal control sequences; shown raw, they could move the cursor, retitle the window or hide text.

/// One line: control characters become visible symbols.
pub(crate) fn safe_text(text: &str) -> String {
    clean(text, |c| c == '\t')
}

/// Several lines: as [`safe_text`], with the line breaks kept.
pub(crate) fn safe_lines(text: &str) -> String {
    clean(text, |c| c == '\t' || c == '\n')
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
    fn an_escape_sequence_is_shown_and_not_obeyed() {
        assert_eq!(safe_text("a\x1b[2Jb\tc\nd"), "a␛[2Jb\tc␊d");
        assert_eq!(safe_lines("a\r\nb\u{9b}1m\u{202e}"), "a␍\nb\u{fffd}1m\u{fffd}");
    }
}
