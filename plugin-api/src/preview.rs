use crate::Cell;
use crate::context::encode;
use crate::frames::{FromHost, MAX_PREVIEW, MAX_PREVIEW_ROWS, Preview};

/// So many columns are looked at.
const COLUMNS: usize = 50;
/// So many characters of a cell are, where there is room.
const CELL: usize = 256;

/// A frame that is short enough.
pub(crate) fn frame(columns: Vec<String>, rows: Vec<Vec<Cell<'_>>>) -> String {
    let columns: Vec<String> = columns.into_iter().take(COLUMNS).collect();
    let rows = rows.into_iter().take(MAX_PREVIEW_ROWS);
    let rows: Vec<Vec<String>> = rows.map(|row| row.into_iter().take(COLUMNS).map(text).collect()).collect();
    let mut longest = CELL;
    loop {
        let cut = |texts: &Vec<String>| texts.iter().map(|text| cut(text, longest)).collect::<Vec<String>>();
        let preview = Preview { columns: cut(&columns), rows: rows.iter().map(cut).collect() };
        let frame = encode(&FromHost::Preview(preview));
        if frame.len() < MAX_PREVIEW {
            return frame;
        }
        longest /= 2;
    }
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

fn text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => text.to_owned(),
        other => encode(&other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(frame: &str) -> Preview {
        match serde_json::from_str(frame).unwrap() {
            FromHost::Preview(preview) => preview,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn cells_are_text() {
        let rows = vec![vec![Cell::Null, "a\"b".into(), 7.into(), 0.5.into(), true.into()]];
        let preview = read(&frame(vec!["one".to_owned()], rows));
        assert_eq!(
            (preview.columns, preview.rows),
            (vec!["one".to_owned()], vec![["", "a\"b", "7", "0.5", "true"].map(str::to_owned).to_vec()])
        );
    }

    #[test]
    fn whatever_the_rows_a_frame_is_short() {
        let long = "\u{1}".repeat(100_000);
        let rows: Vec<Vec<Cell<'_>>> = (0..100).map(|_| (0..500).map(|_| long.as_str().into()).collect()).collect();
        let columns = (0..500).map(|_| long.clone()).collect();
        let frame = frame(columns, rows);
        assert!(frame.len() < MAX_PREVIEW);
        let preview = read(&frame);
        assert_eq!((preview.columns.len(), preview.rows.len(), preview.rows[0].len()), (50, 20, 50));
        assert!(preview.rows[19][49].ends_with("\u{1}\u{2026}") && preview.columns[49].ends_with('\u{2026}'));
    }
}
