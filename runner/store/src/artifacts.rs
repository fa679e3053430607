use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

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
        let query = sqlx::query_as(SQL).bind(execution);
        query.fetch_all(self.readers()).await.map_err(self.unread("the tables of an execution"))
    }

    /// The charts of an execution, by step and name.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn charts(&self, execution: Uuid) -> Result<Vec<ChartRow>, StoreError> {
        const SQL: &str = "SELECT position, name, definition FROM chart WHERE execution = $1 ORDER BY position, name";
        let query = sqlx::query_as(SQL).bind(execution);
        query.fetch_all(self.readers()).await.map_err(self.unread("the charts of an execution"))
    }

    /// The rows of a table or the bytes of a file, to be read piece by piece.
    pub fn rows(&self, execution: Uuid, position: i32, table: &str) -> RowPages {
        RowPages { store: self.clone(), execution, position, table: table.to_owned(), after: i64::MIN }
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
        let query = sqlx::query_as(SQL).bind(self.execution).bind(self.position).bind(&self.table).bind(self.after);
        let stored = query.fetch_optional(self.store.readers()).await.map_err(self.store.unread(WHAT))?;
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

impl FromRow<'_, SqliteRow> for Stored {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let packed = Packed { bytes: row.try_get("bytes")?, data: row.try_get("data")? };
        Ok(Self { seq: row.try_get("seq")?, packed })
    }
}

impl FromRow<'_, SqliteRow> for TableRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            position: row.try_get("position")?,
            name: row.try_get("name")?,
            columns: row.try_get("columns")?,
            rows: row.try_get("rows")?,
            bytes: row.try_get("bytes")?,
            content_type: row.try_get("content_type")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for ChartRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let (position, name, definition) = (row.try_get("position")?, row.try_get("name")?, row.try_get("definition")?);
        Ok(Self { position, name, definition })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Transition;
    use crate::testing::{fresh, rows, running};

    #[tokio::test]
    async fn a_table_grows_piece_by_piece() {
        let (_folder, store) = fresh().await;
        let id = running(&store).await;
        store.commit(vec![rows(id, 0, 2, b"[1]\n[2]\n"), rows(id, 1, 1, b"[3]\n")]).await.unwrap();
        let tables = store.tables(id).await.unwrap();
        let expected = TableRow {
            position: 0,
            name: "results".into(),
            columns: "[\"a\"]".into(),
            rows: 3,
            bytes: 12,
            content_type: None,
        };
        assert_eq!(tables, [expected]);

        let mut pages = store.rows(id, 0, "results");
        assert_eq!(pages.page().await.unwrap().unwrap(), b"[1]\n[2]\n");
        assert_eq!(pages.page().await.unwrap().unwrap(), b"[3]\n");
        assert_eq!(pages.page().await.unwrap(), None);
        assert_eq!(store.rows(id, 0, "other").page().await.unwrap(), None);
        assert_eq!(store.rows(id, 1, "results").page().await.unwrap(), None);
    }

    #[tokio::test]
    async fn files_charts_and_checkpoints_of_a_running_step() {
        let (_folder, store) = fresh().await;
        let execution = running(&store).await;
        let (artifact, content_type) = ("report.pdf".to_owned(), "application/pdf".to_owned());
        let bytes = |seq, data: &[u8]| {
            let (artifact, content_type, data) = (artifact.clone(), content_type.clone(), data.to_vec());
            Transition::Bytes { execution, position: 0, artifact, content_type, seq, data }
        };
        let chart = |definition: &str| {
            let (chart, definition) = ("by hour".to_owned(), definition.to_owned());
            Transition::Chart { execution, position: 0, chart, definition }
        };
        let kept = |token: &str| Transition::Checkpoint { execution, position: 0, token: token.to_owned() };
        let contained = Transition::Contained { execution, position: 0, containment: "full".to_owned() };
        let all = vec![contained, bytes(0, b"%PDF"), bytes(1, b"-1.7"), chart("{}"), chart("[]"), kept("a"), kept("b")];
        store.commit(all).await.unwrap();

        let tables = store.tables(execution).await.unwrap();
        assert_eq!((tables[0].bytes, tables[0].content_type.as_deref()), (8, Some("application/pdf")));
        let mut pages = store.rows(execution, 0, "report.pdf");
        assert_eq!(pages.page().await.unwrap().unwrap(), b"%PDF");
        assert_eq!(pages.page().await.unwrap().unwrap(), b"-1.7");
        let charts = store.charts(execution).await.unwrap();
        assert_eq!(charts, [ChartRow { position: 0, name: "by hour".into(), definition: "[]".into() }]);
        let step = &store.steps(execution).await.unwrap()[0];
        assert_eq!((step.containment.as_deref(), step.checkpoint.as_deref()), (Some("full"), Some("b")));

        let of_queued = Transition::Checkpoint { execution, position: 1, token: "c".to_owned() };
        store.commit(vec![of_queued]).await.unwrap_err();
    }
}
