use serde::Deserialize;
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use windlass_store::{RowPages, Store};

use super::StepTable;
use crate::problem::Problem;

/// The rows of a table, page by page.
pub(crate) struct Rows<'a> {
    table: &'a StepTable,
    pages: RowPages,
}

/// Some rows of a table.
pub(crate) struct Page<'a> {
    table: &'a StepTable,
    bytes: Vec<u8>,
}

impl StepTable {
    pub(crate) fn read(&self, store: &Store) -> Rows<'_> {
        Rows { table: self, pages: store.rows(self.execution, self.position, &self.name) }
    }
}

impl<'a> Rows<'a> {
    pub(crate) async fn page(&mut self) -> Result<Option<Page<'a>>, Problem> {
        Ok(self.pages.page().await?.map(|bytes| Page { table: self.table, bytes }))
    }
}

impl Page<'_> {
    /// The rows as values. Nothing is in the columns that came after a row.
    pub(crate) fn values(&self) -> impl Iterator<Item = Result<Vec<Value>, Problem>> {
        self.rows().map(|row: Result<Vec<Value>, Problem>| {
            let mut row = row?;
            row.resize(self.table.columns.len(), Value::Null);
            Ok(row)
        })
    }

    /// The rows as objects, whose cells are copied as the text that they are.
    pub(crate) fn objects(&self) -> impl Iterator<Item = Result<RowObject<'_>, Problem>> {
        self.rows().map(|row| Ok(RowObject { columns: &self.table.columns, cells: row? }))
    }

    fn rows<'b, R: Deserialize<'b>>(&'b self) -> impl Iterator<Item = Result<R, Problem>> {
        let lines = self.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| {
            serde_json::from_slice(line).map_err(|error| {
                Problem::internal(format!("table `{}` has an unreadable row: {error}", self.table.name))
            })
        })
    }
}

/// A row by the names of its columns.
pub(crate) struct RowObject<'a> {
    columns: &'a [String],
    cells: Vec<&'a RawValue>,
}

impl Serialize for RowObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = self.cells.iter().copied().chain(std::iter::repeat(RawValue::NULL));
        serializer.collect_map(self.columns.iter().zip(cells))
    }
}

/// A value as JSON text.
pub(crate) fn json_text(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|error| Problem::internal(format!("no JSON: {error}")))
}
