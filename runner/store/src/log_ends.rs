use uuid::Uuid;

use crate::db::{self, FromRow, Row, sql};
use crate::logs::{Stored, WHAT};
use crate::{Store, StoreError};

/// Chunks that are looked at in one go on the way from the end.
const STRIDE: i64 = 64;

/// How much of the end of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// So many bytes.
    Bytes(i64),
    /// So many lines; what follows the last line break, if anything, is one of them.
    Lines(i64),
}

struct Chunk {
    position: i32,
    seq: i64,
    lines: i64,
    bytes: i64,
}

impl Store {
    /// The offset at which a log ends, in bytes: where what comes next will begin.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn log_end(&self, execution: Uuid) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT seq + bytes FROM log_chunk WHERE execution = $1 \
                           ORDER BY seq DESC, position DESC LIMIT 1";
        let end = self.db().fetch_optional::<i64>(sql(SQL).bind(execution)).await;
        Ok(end.map_err(self.unread(WHAT))?.unwrap_or(0))
    }

    /// The offset at which the end of a log begins, of all steps or of one; see [`LogPages::from`](crate::LogPages::from).
    /// What it costs depends on the length of that end and not of the log.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn log_tail(&self, execution: Uuid, position: Option<i32>, tail: Tail) -> Result<i64, StoreError> {
        let mut wanted = None;
        let mut offset = 0;
        let mut before = (i64::MAX, i32::MAX);
        loop {
            let chunks = self.chunks_before(execution, position, before).await?;
            let Some(last) = chunks.last() else { return Ok(offset) };
            before = (last.seq, last.position);
            for chunk in chunks {
                let wanted = match &mut wanted {
                    Some(wanted) => wanted,
                    none => none.insert(self.breaks_or_bytes(execution, &chunk, tail).await?),
                };
                let has = if matches!(tail, Tail::Bytes(_)) { chunk.bytes } else { chunk.lines };
                if has >= *wanted {
                    return self.within(execution, &chunk, tail, *wanted).await;
                }
                *wanted -= has;
                offset = chunk.seq;
            }
        }
    }

    /// What is looked for from the end: bytes, or the line break before the first of the lines.
    async fn breaks_or_bytes(&self, execution: Uuid, last: &Chunk, tail: Tail) -> Result<i64, StoreError> {
        Ok(match tail {
            Tail::Bytes(bytes) => bytes.max(0),
            Tail::Lines(lines) => {
                lines.max(0) + i64::from(self.chunk_data(execution, last).await?.last() == Some(&b'\n'))
            }
        })
    }

    /// The offset within the chunk in which it lies.
    async fn within(&self, execution: Uuid, chunk: &Chunk, tail: Tail, wanted: i64) -> Result<i64, StoreError> {
        let end = chunk.seq + chunk.bytes;
        match (tail, usize::try_from(wanted)) {
            (Tail::Bytes(_), _) => Ok(end - wanted),
            (Tail::Lines(_), Ok(wanted @ 1..)) => {
                let data = self.chunk_data(execution, chunk).await?;
                let mut breaks = data.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
                Ok(breaks.nth(wanted - 1).map_or(chunk.seq, |(index, _)| chunk.seq + index as i64 + 1))
            }
            (Tail::Lines(_), _) => Ok(end),
        }
    }

    async fn chunk_data(&self, execution: Uuid, chunk: &Chunk) -> Result<Vec<u8>, StoreError> {
        const SQL: &str = "SELECT position, seq, stream, first_at, last_at, lines, bytes, data FROM log_chunk \
                           WHERE execution = $1 AND position = $2 AND seq = $3";
        let statement = sql(SQL).bind(execution).bind(chunk.position).bind(chunk.seq);
        let stored: Option<Stored> = self.db().fetch_optional(statement).await.map_err(self.unread(WHAT))?;
        Ok(stored.map(|stored| stored.unpack(self)).transpose()?.map_or_else(Vec::new, |row| row.chunk.data))
    }

    async fn chunks_before(
        &self,
        execution: Uuid,
        position: Option<i32>,
        before: (i64, i32),
    ) -> Result<Vec<Chunk>, StoreError> {
        const ALL: &str = "SELECT position, seq, lines, bytes FROM log_chunk \
            WHERE execution = $1 AND (seq, position) < ($2, $3) ORDER BY seq DESC, position DESC LIMIT $4 + 0";
        const OF_STEP: &str = "SELECT position, seq, lines, bytes FROM log_chunk \
            WHERE execution = $1 AND position = $3 AND seq < $2 ORDER BY seq DESC LIMIT $4 + 0";
        let (text, position) = position.map_or((ALL, before.1), |position| (OF_STEP, position));
        let statement = sql(text).bind(execution).bind(before.0).bind(position).bind(STRIDE);
        self.db().fetch_all(statement).await.map_err(self.unread(WHAT))
    }
}

impl FromRow for Chunk {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            position: row.get("position")?,
            seq: row.get("seq")?,
            lines: row.get("lines")?,
            bytes: row.get("bytes")?,
        })
    }
}
