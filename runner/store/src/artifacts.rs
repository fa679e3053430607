use uuid::Uuid;

use crate::db::{self, FromRow, Row, sql};
use crate::packed::Packed;
use crate::{Store, StoreError};

const WHAT: &str = "the rows of a table";

/// A result table or a file of a step, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// Which step.
    pub position: i32,
    /// The table's name.
    pub name: String,
    /// Its columns, JSON as it came with the last rows.
    pub columns: String,
    /// How many rows it has.
    pub rows: i64,
    /// How many bytes its content has when unpacked.
    pub bytes: i64,
    /// The media type of a file; none for a table.
    pub content_type: Option<String>,
}

/// A chart of a step's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartRow {
    /// Which step.
    pub position: i32,
    /// The chart's name.
    pub name: String,
    /// How it is drawn and from what, JSON.
    pub definition: String,
}

/// The rows of a table, piece by piece as they were committed.
pub struct RowPages {
    store: Store,
    execution: Uuid,
    position: i32,
    table: String,
    after: i64,
}

impl Store {
    /// The result tables and files of an execution, by step and name.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn tables(&self, execution: Uuid) -> Result<Vec<TableRow>, StoreError> {
        const SQL: &str = "SELECT position, name, columns, rows, bytes, content_type FROM artifact \
                           WHERE execution = $1 ORDER BY position, name";
        self.db().fetch_all(sql(SQL).bind(execution)).await.map_err(self.unread("the tables of an execution"))
    }

    /// The charts of an execution, by step and name.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn charts(&self, execution: Uuid) -> Result<Vec<ChartRow>, StoreError> {
        const SQL: &str = "SELECT position, name, definition FROM chart WHERE execution = $1 ORDER BY position, name";
        self.db().fetch_all(sql(SQL).bind(execution)).await.map_err(self.unread("the charts of an execution"))
    }

    /// The rows of a table or the bytes of a file, to be read piece by piece.
    pub fn rows(&self, execution: Uuid, position: i32, table: &str) -> RowPages {
        RowPages { store: self.clone(), execution, position, table: table.to_owned(), after: i64::MIN }
    }

    /// The first `limit` rows of a table, one JSON text a line. Reads no more pieces than they need.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn first_rows(
        &self,
        execution: Uuid,
        position: i32,
        table: &str,
        limit: usize,
    ) -> Result<Vec<u8>, StoreError> {
        let mut pages = self.rows(execution, position, table);
        let (mut rows, mut left) = (Vec::new(), limit);
        while left > 0 {
            let Some(page) = pages.page().await? else { break };
            for row in page.split_inclusive(|byte| *byte == b'\n').take(left) {
                rows.extend_from_slice(row);
                left -= 1;
            }
        }
        Ok(rows)
    }

    /// How many bytes the tables and files of a project have when unpacked. Reads the sizes of all of them.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn artifact_bytes(&self, project: &str) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT CAST(coalesce(sum(a.bytes), 0) AS BIGINT) AS total FROM execution e \
                           JOIN artifact a ON a.execution = e.id WHERE e.project = $1";
        self.db().fetch_one(sql(SQL).bind(project)).await.map_err(self.unread("the size of a project's artifacts"))
    }
}

impl RowPages {
    /// The next piece, one JSON text a line as it was committed; nothing when there is no more for now.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn page(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT seq, bytes, data FROM artifact_chunk \
            WHERE execution = $1 AND position = $2 AND name = $3 AND seq > $4 ORDER BY seq LIMIT 1";
        let statement = sql(SQL).bind(self.execution).bind(self.position).bind(&self.table).bind(self.after);
        let stored = self.store.db().fetch_optional(statement).await.map_err(self.store.unread(WHAT))?;
        let Some(Stored { seq, packed }) = stored else { return Ok(None) };
        let rows = self.store.unpack(WHAT, &packed)?;
        self.after = seq;
        Ok(Some(rows))
    }
}

struct Stored {
    seq: i64,
    packed: Packed,
}

impl FromRow for Stored {
    fn from_row(row: &Row) -> db::Result<Self> {
        let packed = Packed { bytes: row.get("bytes")?, lines: 0, data: row.get("data")? };
        Ok(Self { seq: row.get("seq")?, packed })
    }
}

impl FromRow for TableRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            position: row.get("position")?,
            name: row.get("name")?,
            columns: row.get("columns")?,
            rows: row.get("rows")?,
            bytes: row.get("bytes")?,
            content_type: row.get("content_type")?,
        })
    }
}

impl FromRow for ChartRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        let (position, name, definition) = (row.get("position")?, row.get("name")?, row.get("definition")?);
        Ok(Self { position, name, definition })
    }
}

#[cfg(test)]
mod tests;
