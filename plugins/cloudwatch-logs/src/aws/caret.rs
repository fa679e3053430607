/// The most characters of a line that are shown.
const WIDTH: usize = 100;
/// How many of them stand before the marked place.
const BEFORE: usize = 60;

/// The line of `query` that holds the characters `start` to `end` (counted from 0, `end` not included), and a second
/// line with carets under them. A long line is cut on both sides.
pub(crate) fn point_at(query: &str, start: usize, end: usize) -> Option<String> {
    let mut begin = 0;
    for line in query.split('\n') {
        let length = line.chars().count();
        if start <= begin + length {
            let column = start.checked_sub(begin)?;
            let marked = end.saturating_sub(start).clamp(1, (length - column).max(1));
            return Some(draw(line.trim_end_matches('\r'), column, marked));
        }
        begin += length + 1;
    }
    None
}

fn draw(line: &str, column: usize, marked: usize) -> String {
    let skipped = column.saturating_sub(BEFORE);
    let shown: String = line.chars().skip(skipped).take(WIDTH).map(plain).collect();
    let before = column - skipped;
    let carets = marked.min(WIDTH - before);
    format!("{shown}\n{}{}", " ".repeat(before), "^".repeat(carets))
}

/// Tabs would move the carets away from what they mark.
fn plain(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_the_place() {
        let query = "fields @message\n| filtr level = 'x'\n| limit 5";
        assert_eq!(point_at(query, 18, 23).unwrap(), "| filtr level = 'x'\n  ^^^^^");
        assert_eq!(point_at(query, 0, 6).unwrap(), "fields @message\n^^^^^^");
    }

    #[test]
    fn characters_count_and_not_bytes() {
        assert_eq!(point_at("é | filtr", 4, 9).unwrap(), "é | filtr\n    ^^^^^");
        assert_eq!(point_at("\tfiltr\r\nx", 1, 6).unwrap(), " filtr\n ^^^^^");
    }

    #[test]
    fn a_place_at_the_end_has_one_caret() {
        assert_eq!(point_at("stats", 5, 5).unwrap(), "stats\n     ^");
        assert_eq!(point_at("a\nb", 0, 99).unwrap(), "a\n^");
        assert_eq!(point_at("stats", 6, 7), None);
    }

    #[test]
    fn a_long_line_is_cut() {
        let query = format!("{}wrong{}", "a".repeat(5000), "b".repeat(4000));
        let shown = point_at(&query, 5000, 5005).unwrap();
        let (line, carets) = shown.split_once('\n').unwrap();
        assert_eq!(line.len(), WIDTH);
        assert_eq!(&line[carets.find('^').unwrap()..carets.len()], "wrong");
    }
}
