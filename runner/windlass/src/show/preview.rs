//! The rows that a step has found so far, below its status line.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::safe_text;

/// So many rows are shown.
const ROWS: usize = 5;
/// A column takes no more room than that.
const COLUMN: usize = 40;

/// Columns below each other, as lines that fit the width.
pub(crate) fn lines(columns: &[String], rows: &[Vec<String>], width: usize) -> Vec<String> {
    let shown: Vec<Vec<String>> = std::iter::once(columns)
        .chain(rows.iter().take(ROWS).map(Vec::as_slice))
        .map(|cells| cells.iter().map(|cell| fitting(&safe_text(cell).replace('\t', " "), COLUMN)).collect())
        .collect();
    let width_of =
        |column: usize| shown.iter().filter_map(|cells| cells.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
    let line = |cells: &Vec<String>| {
        let mut line = String::from(" ");
        for (column, cell) in cells.iter().enumerate() {
            line.push(' ');
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width_of(column).saturating_sub(cell.width()) + 1));
        }
        fitting(line.trim_end(), width)
    };
    shown.iter().map(line).collect()
}

/// The beginning of a text that fits the width.
pub(crate) fn fitting(text: &str, width: usize) -> String {
    let mut left = width;
    let fits = |c: &char| {
        let room = left.checked_sub(c.width().unwrap_or(0));
        room.inspect(|room| left = *room).is_some()
    };
    text.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn five_rows_stand_below_their_columns() {
        let rows: Vec<Vec<String>> = (0..9).map(|row| texts(&["2026", &format!("{row}\u{1b}[2J\nx")])).collect();
        let lines = lines(&texts(&["@timestamp", "n"]), &rows, 80);
        assert_eq!(lines.len(), 1 + 5);
        assert_eq!(lines[0], "  @timestamp  n");
        assert_eq!(lines[5], "  2026        4\u{241b}[2J\u{240a}x");
    }

    #[test]
    fn a_line_is_never_wider_than_the_terminal() {
        let rows =
            vec![texts(&["\u{65e5}\u{672c}\u{8a9e}", &"x".repeat(500)]), texts(&[]), texts(&["a", "b", "c", "d"])];
        for width in 0..60 {
            assert!(lines(&texts(&["one", "two"]), &rows, width).iter().all(|line| line.width() <= width), "{width}");
        }
        assert_eq!(lines(&texts(&["a"]), &rows, 6)[1], "  \u{65e5}\u{672c}");
    }
}
