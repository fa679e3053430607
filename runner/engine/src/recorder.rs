//! What a step says, on its way into the database: collected, and written in few transactions.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use uuid::Uuid;
use windlass_plugin_api::frames::Containment;
use windlass_store::{LogChunk, Stream, Transition};

/// A piece of log, of a table or of a file that has this many bytes gets no more.
const CHUNK: usize = 256 * 1024;
/// What a piece needs beside its bytes and names.
const AROUND: usize = 256;
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
    /// How many more bytes of log are kept.
    room: u64,
    dropped: u64,
    kept: u64,
    piece: Option<LogChunk>,
    done: Vec<Transition>,
    /// Where in `done` the last piece of a table or file is, to which more can be added.
    open: BTreeMap<String, usize>,
    /// How many pieces of each table and file there are.
    pieces: BTreeMap<String, i64>,
    bytes: usize,
    oldest: Option<Instant>,
}

impl Recorder {
    /// For a step execution, of whose log so many bytes are kept.
    pub(crate) fn new(execution: Uuid, position: i32, log_bytes: u64) -> Self {
        Self {
            execution,
            position,
            room: log_bytes,
            dropped: 0,
            kept: 0,
            piece: None,
            done: Vec::new(),
            open: BTreeMap::new(),
            pieces: BTreeMap::new(),
            bytes: 0,
            oldest: None,
        }
    }

    /// Adds log bytes. Pieces of another stream begin a new piece, so that the order is kept.
    pub(crate) fn log(&mut self, stream: Stream, bytes: &[u8]) {
        let bytes = self.fitting(bytes);
        if bytes.is_empty() {
            return;
        }
        if self.piece.as_ref().is_some_and(|piece| piece.stream != stream || piece.data.len() >= CHUNK) {
            self.close_piece();
        }
        let at = now();
        let piece =
            self.piece.get_or_insert_with(|| LogChunk { seq: 0, stream, first_at: at, last_at: at, data: Vec::new() });
        piece.last_at = at;
        piece.data.extend_from_slice(bytes);
        self.grow(bytes.len());
    }

    /// How many bytes of tables and files came since this was last asked.
    pub(crate) fn take_kept(&mut self) -> u64 {
        std::mem::take(&mut self.kept)
    }

    /// How many bytes of log were not kept.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// As much of it as may be kept. Once something is dropped all that follows is.
    fn fitting<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let wanted = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let kept = if self.dropped > 0 { 0 } else { wanted.min(self.room) };
        self.room -= kept;
        self.dropped += wanted - kept;
        &bytes[..usize::try_from(kept).unwrap_or(usize::MAX)]
    }

    /// Begins a table, which is there from now on even if it gets no rows.
    pub(crate) fn table(&mut self, table: &str, columns: &str) {
        self.open.remove(table);
        self.rows(table, columns, 0, b"");
    }

    /// Adds rows, one JSON text a line.
    pub(crate) fn rows(&mut self, table: &str, columns: &str, count: i64, lines: &[u8]) {
        self.keep(lines.len());
        if let Some(Transition::Rows { rows, data, .. }) = self.open_piece(table)
            && data.len() < CHUNK
        {
            *rows += count;
            data.extend_from_slice(lines);
            return;
        }
        self.grow(table.len() + columns.len() + AROUND);
        let (seq, execution, position) = (self.next_piece(table), self.execution, self.position);
        let (table, columns, data) = (table.to_owned(), columns.to_owned(), lines.to_vec());
        self.done.push(Transition::Rows { execution, position, table, columns, seq, rows: count, data });
    }

    /// Adds bytes of a file.
    pub(crate) fn bytes(&mut self, name: &str, content_type: &str, bytes: &[u8]) {
        self.keep(bytes.len());
        if let Some(Transition::Bytes { data, .. }) = self.open_piece(name)
            && data.len() < CHUNK
        {
            data.extend_from_slice(bytes);
            return;
        }
        self.grow(name.len() + content_type.len() + AROUND);
        let (seq, execution, position) = (self.next_piece(name), self.execution, self.position);
        let (artifact, content_type, data) = (name.to_owned(), content_type.to_owned(), bytes.to_vec());
        self.done.push(Transition::Bytes { execution, position, artifact, content_type, seq, data });
    }

    fn open_piece(&mut self, name: &str) -> Option<&mut Transition> {
        self.open.get(name).and_then(|index| self.done.get_mut(*index))
    }

    /// The number of the piece that is pushed next.
    fn next_piece(&mut self, name: &str) -> i64 {
        self.open.insert(name.to_owned(), self.done.len());
        let pieces = self.pieces.entry(name.to_owned()).or_default();
        *pieces += 1;
        *pieces - 1
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
        self.open.clear();
        std::mem::take(&mut self.done)
    }

    /// Everything collected, and how much of the log there was no room for.
    pub(crate) fn finish(&mut self) -> Vec<Transition> {
        let mut all = self.take();
        if self.dropped > 0 {
            let (execution, position) = (self.execution, self.position);
            let bytes = i64::try_from(self.dropped).unwrap_or(i64::MAX);
            all.push(Transition::LogDropped { execution, position, bytes });
        }
        all
    }

    fn keep(&mut self, bytes: usize) {
        self.kept += u64::try_from(bytes).unwrap_or(u64::MAX);
        self.grow(bytes);
    }

    fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.oldest.get_or_insert_with(Instant::now);
    }

    fn close_piece(&mut self) {
        if let Some(chunk) = self.piece.take() {
            self.done.push(Transition::Log { execution: self.execution, position: self.position, chunk });
        }
    }
}
