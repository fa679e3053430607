use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::executions::word;
use crate::packed::Packed;
use crate::{LogChunk, Store, StoreError, Stream};

const WHAT: &str = "the log of an execution";
/// Chunks in a page; a writer cuts them at some 256 KiB.
const PAGE: i64 = 32;

/// A piece of log with the step that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Which step.
    pub position: i32,
    /// The piece, unpacked.
    pub chunk: LogChunk,
}

/// The log of an execution, page by page: step after step, each in the order of its pieces.
pub struct LogPages {
    store: Store,
    execution: Uuid,
    after: (i32, i64),
}

impl Store {
    /// The log of an execution, to be read page by page.
    pub fn log_text(&self, execution: Uuid) -> LogPages {
        LogPages { store: self.clone(), execution, after: (i32::MIN, i64::MIN) }
    }

    /// The whole log of an execution, unpacked, in the order of [`log_text`](Self::log_text). For logs known to be short.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn log(&self, execution: Uuid) -> Result<Vec<LogChunk>, StoreError> {
        let mut pages = self.log_text(execution);
        let mut log = Vec::new();
        while let Some(page) = pages.page().await? {
            log.extend(page.into_iter().map(|row| row.chunk));
        }
        Ok(log)
    }
}

impl LogPages {
    /// The next page; nothing when there is no more for now. A log that grows may be asked again: what came later in
    /// the order than the last piece follows.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn page(&mut self) -> Result<Option<Vec<LogRow>>, StoreError> {
        const SQL: &str = "SELECT position, seq, stream, first_at, last_at, bytes, data FROM log_chunk \
            WHERE execution = $1 AND (position, seq) > ($2, $3) ORDER BY position, seq LIMIT $4";
        let query = sqlx::query_as(SQL).bind(self.execution).bind(self.after.0).bind(self.after.1).bind(PAGE);
        let stored: Vec<Stored> = query.fetch_all(self.store.readers()).await.map_err(self.store.unread(WHAT))?;
        let page: Vec<LogRow> =
            stored.into_iter().map(|stored| stored.unpack(&self.store)).collect::<Result<_, _>>()?;
        let Some(last) = page.last() else { return Ok(None) };
        self.after = (last.position, last.chunk.seq);
        Ok(Some(page))
    }
}

struct Stored {
    position: i32,
    seq: i64,
    stream: Stream,
    first_at: i64,
    last_at: i64,
    packed: Packed,
}

impl Stored {
    fn unpack(self, store: &Store) -> Result<LogRow, StoreError> {
        let Self { position, seq, stream, first_at, last_at, packed } = self;
        let data = store.unpack(WHAT, &packed)?;
        Ok(LogRow { position, chunk: LogChunk { seq, stream, first_at, last_at, data } })
    }
}

impl FromRow<'_, SqliteRow> for Stored {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            position: row.try_get("position")?,
            seq: row.try_get("seq")?,
            stream: word(row, "stream")?,
            first_at: row.try_get("first_at")?,
            last_at: row.try_get("last_at")?,
            packed: Packed { bytes: row.try_get("bytes")?, data: row.try_get("data")? },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{fresh, log, running};

    #[tokio::test]
    async fn pages_give_every_piece_once_in_order() {
        let (_folder, store) = fresh().await;
        let id = running(&store).await;
        let other = running(&store).await;
        let text = |position: i32, seq: i64| format!("step {position} piece {seq}\n").into_bytes();
        let pieces = (0..2).flat_map(|position| (0..40).rev().map(move |seq| (position, seq)));
        let mut work: Vec<_> = pieces.map(|(position, seq)| log(id, position, seq, &text(position, seq))).collect();
        work.push(log(other, 0, 0, b"not mine"));
        store.commit(work).await.unwrap();

        let mut pages = store.log_text(id);
        let mut sizes = Vec::new();
        let mut seen = Vec::new();
        while let Some(page) = pages.page().await.unwrap() {
            sizes.push(page.len());
            seen.extend(page);
        }
        assert_eq!(sizes, [32, 32, 16]);
        assert_eq!(
            (seen[0].chunk.stream, seen[0].chunk.first_at, seen[0].chunk.last_at),
            (Stream::Stderr, 1_003, 1_004)
        );
        for (row, (position, seq)) in seen.iter().zip((0..2).flat_map(|p| (0..40).map(move |seq| (p, seq)))) {
            assert_eq!((row.position, row.chunk.seq), (position, seq));
            assert_eq!(row.chunk.data, text(position, seq));
        }
        assert_eq!(store.log(id).await.unwrap().len(), seen.len());
    }

    #[tokio::test]
    async fn a_log_that_grows_can_be_followed() {
        let (_folder, store) = fresh().await;
        let id = running(&store).await;
        let mut pages = store.log_text(id);
        assert_eq!(pages.page().await.unwrap(), None);
        for seq in 0..3 {
            store.commit(vec![log(id, 0, seq, b"more")]).await.unwrap();
            assert_eq!(pages.page().await.unwrap().unwrap()[0].chunk.seq, seq);
            assert_eq!(pages.page().await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn logs_are_kept_small_and_damage_is_noticed() {
        let (_folder, store) = fresh().await;
        let id = running(&store).await;
        store.commit(vec![log(id, 0, 0, &b"the same line again\n".repeat(10_000))]).await.unwrap();
        let size: i64 =
            sqlx::query_scalar("SELECT length(data) FROM log_chunk").fetch_one(store.readers()).await.unwrap();
        assert!(size < 2_000, "{size}");

        let damage = sqlx::query("UPDATE log_chunk SET data = $1").bind(vec![1_u8, 2, 3]);
        damage.execute(&mut *store.writer().await.unwrap()).await.unwrap();
        let error = store.log(id).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    }
}
