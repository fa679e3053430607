use std::fmt::Write as _;
use std::path::Path;

use super::{Position, mask};

/// Lines shown before and after the one in question.
const CONTEXT: usize = 2;
const WIDEST: usize = 160;

/// The place and the lines around it, with a caret under the word that begins there.
pub(super) fn render(path: &Path, text: &str, position: Position) -> String {
    let lines = mask::lines(text, to_index(position.line).saturating_add(CONTEXT + 1));
    render_lines(path, &lines, position)
}

/// The same, of lines that are masked already.
pub(super) fn render_lines(path: &Path, lines: &[String], position: Position) -> String {
    let (wanted, column) = (to_index(position.line), to_index(position.column));
    let wanted = wanted.min(lines.len().saturating_sub(1));
    let (first, last) = (wanted.saturating_sub(CONTEXT), (wanted + CONTEXT).min(lines.len().saturating_sub(1)));
    let gutter = (last + 1).to_string().len();

    let mut shown =
        format!("{:gutter$}--> {}:{}:{}\n{:gutter$} |\n", "", path.display(), position.line, position.column, "");
    for (number, line) in lines.iter().enumerate().take(last + 1).skip(first) {
        let from = if number == wanted { column.saturating_sub(WIDEST / 2) } else { 0 };
        let cut: String = line.chars().skip(from).take(WIDEST).collect();
        let _ = writeln!(shown, "{:>gutter$} | {cut}", number + 1);
        if number == wanted {
            let (blank, width) = (column - from, word(line, column));
            let _ = writeln!(shown, "{:gutter$} | {:blank$}{}", "", "", "^".repeat(width));
        }
    }
    shown.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

fn to_index(from_one: u64) -> usize {
    usize::try_from(from_one.saturating_sub(1)).unwrap_or(usize::MAX)
}

/// How many characters to underline: up to the next blank or the end of a flow item, at least one.
fn word(line: &str, column: usize) -> usize {
    let rest = line.chars().skip(column);
    rest.take_while(|c| !c.is_whitespace() && !",]}".contains(*c)).take(WIDEST / 2).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_two_lines_around_and_underlines_the_word() {
        let text = "a: 1\nb: 2\nc: [x, yy]\nd: 4\ne: 5\nf: 6\n";
        let shown = render(Path::new("t.yaml"), text, Position { line: 3, column: 8 });
        let expected = " --> t.yaml:3:8\n  |\n1 | a: 1\n2 | b: 2\n3 | c: [x, yy]\n  |        ^^\n4 | d: 4\n5 | e: 5\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_place_behind_the_end_and_a_long_line_are_shown() {
        let shown = render(Path::new("t.yaml"), "a: \"b\n", Position { line: 2, column: 1 });
        assert!(shown.contains("1 | a: \"b\n"), "{shown}");
        assert_eq!(render(Path::new("t.yaml"), "", Position { line: 1, column: 1 }), " --> t.yaml:1:1\n  |\n");

        let long = format!("a: {} here", "x".repeat(1000));
        let shown = render(Path::new("t.yaml"), &long, Position { line: 1, column: 1005 });
        assert!(shown.lines().all(|line| line.len() <= WIDEST + 4), "{shown}");
        assert!(shown.contains("here\n") && shown.contains("^^^^\n"), "{shown}");
    }
}
