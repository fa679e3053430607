use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement};
use serde_json::Value;

use super::{line, plain, safe_lines};
use crate::problem::Problem;

/// A table with a header that fits the terminal: long cells are wrapped. Written to a file it is as wide as it must be.
pub(crate) struct Table(comfy_table::Table);

impl Table {
    pub(crate) fn new(header: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        match terminal_width() {
            Some(width) => {
                table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
            }
            None => {
                table.set_content_arrangement(ContentArrangement::Disabled);
            }
        }
        table.set_header(header.into_iter().map(|name| Cell::new(safe_lines(name.as_ref()))).collect::<Vec<Cell>>());
        Self(table)
    }

    /// Adds a row of values; numbers stand right.
    pub(crate) fn values(&mut self, row: impl IntoIterator<Item = Value>) {
        let cell = |value: Value| {
            let cell = Cell::new(safe_lines(plain(&value).trim_end()));
            if value.is_number() { cell.set_alignment(CellAlignment::Right) } else { cell }
        };
        self.0.add_row(row.into_iter().map(cell).collect::<Vec<Cell>>());
    }

    pub(crate) fn text(&self) -> String {
        self.0.trim_fmt()
    }
}

/// Prints a listing of texts.
pub(crate) fn listing<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<(), Problem> {
    let mut table = Table::new(header);
    for row in rows {
        table.values(row.map(Value::String));
    }
    line(table.text())
}

/// How wide the terminal on standard error is.
pub(crate) fn talk_width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok();
    size.map(|size| usize::from(size.ws_col)).filter(|width| *width > 0).unwrap_or(80)
}

/// The width to fit: that of the terminal on standard output, or what `COLUMNS` says.
pub(crate) fn terminal_width() -> Option<u16> {
    let stdout = std::io::stdout();
    let terminal = rustix::termios::tcgetwinsize(&stdout).ok().map(|size| size.ws_col).filter(|width| *width > 0);
    terminal.or_else(|| std::env::var("COLUMNS").ok()?.parse().ok().filter(|width| *width > 0))
}
