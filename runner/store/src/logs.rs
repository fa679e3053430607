use uuid::Uuid;

use crate::db::{self, FromRow, Row, Statement, sql};
use crate::packed::Packed;
use crate::{LogChunk, Store, StoreError, Stream};

pub(crate) const WHAT: &str = "the log of an execution";
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

/// The log of an execution, page by page, in the order in which it came.
pub struct LogPages {
    store: Store,
    execution: Uuid,
    position: Option<i32>,
    place: Place,
}

/// How far the log has been read.
#[derive(Clone, Copy)]
enum Place {
    /// Up to this offset.
    Offset(i64),
    /// Up to the chunk with this `seq` of the step at this position.
    Chunk(i64, i32),
}

impl Store {
    /// The log of an execution, to be read page by page from its start.
    pub fn log_text(&self, execution: Uuid) -> LogPages {
        LogPages { store: self.clone(), execution, position: None, place: Place::Offset(0) }
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
    /// Only what the step at `position` wrote.
    #[must_use]
    pub fn of_step(mut self, position: i32) -> Self {
        self.position = Some(position);
        self
    }

    /// Only what comes at `offset` or after it, in bytes of the whole log. The first chunk is cut there.
    #[must_use]
    pub fn from(mut self, offset: i64) -> Self {
        self.place = Place::Offset(offset.max(0));
        self
    }

    /// The next page; nothing when there is no more for now. A log that grows may be asked again: what came after the
    /// last piece follows.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn page(&mut self) -> Result<Option<Vec<LogRow>>, StoreError> {
        let offset = match self.place {
            Place::Offset(offset) => offset,
            Place::Chunk(..) => 0,
        };
        let after = self.after().await?;
        let read = self.store.db().fetch_all::<Stored>(self.statement(after)).await;
        let stored = read.map_err(self.store.unread(WHAT))?;
        let Some(last) = stored.last() else { return Ok(None) };
        self.place = Place::Chunk(last.seq, last.position);
        let mut page = Vec::with_capacity(stored.len());
        for stored in stored {
            page.extend(stored.unpack(&self.store)?.from(offset));
        }
        Ok((!page.is_empty()).then_some(page))
    }

    /// The chunk after which the next page begins.
    async fn after(&self) -> Result<(i64, i32), StoreError> {
        const CHUNK: &str = "SELECT seq FROM log_chunk WHERE execution = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1";
        const OF_STEP: &str = "SELECT seq FROM log_chunk WHERE execution = $1 AND position = $3 AND seq <= $2 \
                               ORDER BY seq DESC LIMIT 1";
        let offset = match self.place {
            Place::Chunk(seq, position) => return Ok((seq, position)),
            Place::Offset(0) => return Ok((i64::MIN, i32::MIN)),
            Place::Offset(offset) => offset,
        };
        let statement = match self.position {
            None => sql(CHUNK).bind(self.execution).bind(offset),
            Some(position) => sql(OF_STEP).bind(self.execution).bind(offset).bind(position),
        };
        let first: Option<i64> = self.store.db().fetch_optional(statement).await.map_err(self.store.unread(WHAT))?;
        Ok(first.map_or((i64::MIN, i32::MIN), |seq| (seq - 1, i32::MAX)))
    }

    fn statement(&self, (seq, position): (i64, i32)) -> Statement {
        const ALL: &str = "SELECT position, seq, stream, first_at, last_at, lines, bytes, data FROM log_chunk \
            WHERE execution = $1 AND (seq, position) > ($2, $3) ORDER BY seq, position LIMIT $4 + 0";
        const OF_STEP: &str = "SELECT position, seq, stream, first_at, last_at, lines, bytes, data FROM log_chunk \
            WHERE execution = $1 AND position = $3 AND seq > $2 ORDER BY seq LIMIT $4 + 0";
        let (text, position) = self.position.map_or((ALL, position), |position| (OF_STEP, position));
        sql(text).bind(self.execution).bind(seq).bind(position).bind(PAGE)
    }
}

impl LogRow {
    /// What comes at `offset` or after it, if anything does.
    fn from(mut self, offset: i64) -> Option<Self> {
        let before = usize::try_from(offset - self.chunk.seq).unwrap_or(0).min(self.chunk.data.len());
        self.chunk.data.drain(..before);
        self.chunk.seq += before as i64;
        (before == 0 || !self.chunk.data.is_empty()).then_some(self)
    }
}

pub(crate) struct Stored {
    position: i32,
    seq: i64,
    stream: Stream,
    first_at: i64,
    last_at: i64,
    packed: Packed,
}

impl Stored {
    pub(crate) fn unpack(self, store: &Store) -> Result<LogRow, StoreError> {
        let Self { position, seq, stream, first_at, last_at, packed } = self;
        let data = store.unpack(WHAT, &packed)?;
        Ok(LogRow { position, chunk: LogChunk { seq, stream, first_at, last_at, data } })
    }
}

impl FromRow for Stored {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            position: row.get("position")?,
            seq: row.get("seq")?,
            stream: row.word("stream")?,
            first_at: row.get("first_at")?,
            last_at: row.get("last_at")?,
            packed: Packed { bytes: row.get("bytes")?, lines: row.get("lines")?, data: row.get("data")? },
        })
    }
}

#[cfg(test)]
mod tests;
