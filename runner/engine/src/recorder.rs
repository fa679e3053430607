//! What a step says, on its way into the database: collected, and written in few transactions.

use std::time::{Duration, Instant};

use uuid::Uuid;
use windlass_plugin_api::frames::Containment;
use windlass_store::{LogChunk, Stream, Transition};

/// A piece of log has at most this many bytes.
const CHUNK: usize = 256 * 1024;
/// What was collected is written when it has this many bytes: each time costs a wait for the disk.
const MOST: usize = 8 * 1024 * 1024;
/// Or when its first byte is this old, so that others can follow.
const AGE: Duration = Duration::from_secs(1);

/// Milliseconds since 1970 UTC.
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Collects what one step says.
pub(crate) struct Recorder {
    execution: Uuid,
    position: i32,
    next: i64,
    piece: Option<LogChunk>,
    done: Vec<Transition>,
    bytes: usize,
    oldest: Option<Instant>,
}

impl Recorder {
    pub(crate) fn new(execution: Uuid, position: i32) -> Self {
        Self { execution, position, next: 0, piece: None, done: Vec::new(), bytes: 0, oldest: None }
    }

    /// Adds log bytes. Pieces of another stream begin a new piece, so that the order is kept.
    pub(crate) fn log(&mut self, stream: Stream, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.piece.as_ref().is_some_and(|piece| piece.stream != stream || piece.data.len() >= CHUNK) {
            self.close_piece();
        }
        let at = now();
        let seq = self.next;
        let piece =
            self.piece.get_or_insert_with(|| LogChunk { seq, stream, first_at: at, last_at: at, data: Vec::new() });
        piece.last_at = at;
        piece.data.extend_from_slice(bytes);
        self.grow(bytes.len());
    }

    /// Adds rows, one JSON text a line. `seq` counts the pieces of the table.
    pub(crate) fn rows(&mut self, table: &str, columns: &str, seq: i64, rows: i64, data: Vec<u8>) {
        self.grow(data.len());
        self.done.push(Transition::Rows {
            execution: self.execution,
            position: self.position,
            table: table.to_owned(),
            columns: columns.to_owned(),
            seq,
            rows,
            data,
        });
    }

    /// Adds bytes of a file. `seq` counts its pieces.
    pub(crate) fn bytes(&mut self, name: &str, content_type: &str, seq: i64, data: Vec<u8>) {
        self.grow(data.len());
        let (execution, position) = (self.execution, self.position);
        let (artifact, content_type) = (name.to_owned(), content_type.to_owned());
        self.done.push(Transition::Bytes { execution, position, artifact, content_type, seq, data });
    }

    /// Adds a chart.
    pub(crate) fn chart(&mut self, chart: String, definition: String) {
        self.grow(definition.len());
        let (execution, position) = (self.execution, self.position);
        self.done.push(Transition::Chart { execution, position, chart, definition });
    }

    /// Notes how well the step is contained.
    pub(crate) fn contained(&mut self, containment: Containment) {
        let (execution, position) = (self.execution, self.position);
        let containment = containment.as_str().to_owned();
        self.done.push(Transition::Contained { execution, position, containment });
    }

    /// Whether there is enough to be worth a transaction.
    pub(crate) fn is_due(&self) -> bool {
        self.bytes >= MOST || self.oldest.is_some_and(|oldest| oldest.elapsed() >= AGE)
    }

    /// When [`Self::is_due`] becomes true if nothing more comes.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.oldest.map(|oldest| oldest + AGE)
    }

    /// Everything collected.
    pub(crate) fn take(&mut self) -> Vec<Transition> {
        self.close_piece();
        self.bytes = 0;
        self.oldest = None;
        std::mem::take(&mut self.done)
    }

    fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.oldest.get_or_insert_with(Instant::now);
    }

    fn close_piece(&mut self) {
        if let Some(chunk) = self.piece.take() {
            self.next += 1;
            self.done.push(Transition::Log { execution: self.execution, position: self.position, chunk });
        }
    }
}
