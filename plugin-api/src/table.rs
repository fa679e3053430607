use serde::Serialize;

use crate::Context;
use crate::context::encode;
use crate::frames::{FromHost, MAX_FRAME, TableStart};

/// Rows collect until they fill this many bytes, then travel as one frame.
const BATCH: usize = 128 * 1024;
/// Room for the frame around the rows.
const AROUND: usize = 4096;

/// A table of results that a step fills row by row. Rows are sent in batches, the rest when the table is dropped.
pub struct Table {
    context: Context,
    name: String,
    columns: Vec<String>,
    batch: String,
}

/// One cell.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum Cell<'a> {
    /// Nothing is there.
    Null,
    /// Text.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// Any number.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
}

impl Table {
    pub(crate) fn begin(context: Context, name: String, columns: Vec<String>) -> Self {
        context.send(&FromHost::Table(TableStart { table: name.clone(), columns: columns.clone() }));
        Self { context, name, columns, batch: String::new() }
    }

    /// Adds a column behind the others. The rows so far have nothing in it.
    pub fn add_column(&mut self, name: impl Into<String>) {
        self.flush();
        self.columns.push(name.into());
        let (table, columns) = (self.name.clone(), self.columns.clone());
        self.context.send(&FromHost::Table(TableStart { table, columns }));
    }

    /// Adds a row. A row with too few cells is filled with nothing, surplus cells are dropped.
    ///
    /// Returns false when the row alone is longer than a frame may be; it is left out then, with a warning in the log.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> bool {
        let mut row: Vec<Cell<'a>> = cells.into_iter().take(self.columns.len()).collect();
        row.resize(self.columns.len(), Cell::Null);
        let row = encode(&row);
        if row.len() + AROUND > MAX_FRAME {
            let (name, length) = (&self.name, row.len());
            self.context.warn(format!("a row of table `{name}` has {length} bytes, too many to keep; left out"));
            return false;
        }
        if self.batch.len() + row.len() + AROUND > MAX_FRAME {
            self.flush();
        }
        self.batch.push(if self.batch.is_empty() { '[' } else { ',' });
        self.batch.push_str(&row);
        if self.batch.len() >= BATCH {
            self.flush();
        }
        true
    }

    fn flush(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        self.context.send_text(&rows_frame(&self.name, &self.batch));
        self.batch.clear();
    }
}

/// A [`FromHost::Rows`](crate::frames::FromHost::Rows) frame. It is put together as text, because building a
/// `RawValue` would read all rows again; `batch` lacks the closing bracket.
fn rows_frame(table: &str, batch: &str) -> String {
    format!(r#"{{"rows":{{"table":{},"rows":{batch}]}}}}"#, encode(&table))
}

impl Drop for Table {
    fn drop(&mut self) {
        self.flush();
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Cell::Text(text)
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Cell::Integer(number)
    }
}

impl From<f64> for Cell<'_> {
    fn from(number: f64) -> Self {
        Cell::Number(number)
    }
}

impl From<bool> for Cell<'_> {
    fn from(yes: bool) -> Self {
        Cell::Boolean(yes)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::frames::Rows;

    #[test]
    fn a_rows_frame_is_the_one_that_its_type_makes() {
        let rows = RawValue::from_string(r#"[["a",1],[null,2.5]]"#.to_owned()).unwrap();
        let typed = encode(&FromHost::Rows(Rows { table: "a \"b\"".to_owned(), rows: &rows }));
        assert_eq!(rows_frame("a \"b\"", r#"[["a",1],[null,2.5]"#), typed);
    }
}
