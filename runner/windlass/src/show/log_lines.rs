//! The pieces of a stored log as lines, each with its place.

use windlass_store::{LogRow, Stream};

/// A line longer than this is shown in pieces.
const LONGEST: usize = 64 * 1024;

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogLine {
    /// When its beginning came.
    pub(crate) at: i64,
    /// Which step.
    pub(crate) position: i32,
    pub(crate) stream: Stream,
    /// Where it begins, in bytes of the whole log.
    pub(crate) offset: i64,
    /// Without its line break.
    pub(crate) text: String,
}

/// The lines that have begun and not ended, one a step and stream.
#[derive(Default)]
pub(crate) struct LogLines(Vec<Begun>);

struct Begun {
    at: i64,
    position: i32,
    stream: Stream,
    offset: i64,
    bytes: Vec<u8>,
}

impl LogLines {
    /// The lines that are complete with this piece.
    pub(crate) fn push(&mut self, piece: &LogRow) -> Vec<LogLine> {
        let LogRow { position, chunk } = piece;
        let same = |begun: &Begun| begun.position == *position && begun.stream == chunk.stream;
        let mut begun = self.0.iter().position(same).map(|index| self.0.swap_remove(index));
        let mut lines = Vec::new();
        let mut offset = chunk.seq;
        for part in chunk.data.split_inclusive(|byte| *byte == b'\n') {
            let mut line = begun.take().unwrap_or_else(|| Begun {
                at: chunk.first_at,
                position: *position,
                stream: chunk.stream,
                offset,
                bytes: Vec::new(),
            });
            line.bytes.extend_from_slice(part);
            offset += part.len() as i64;
            if part.last() == Some(&b'\n') || line.bytes.len() > LONGEST {
                lines.push(line.into());
            } else {
                begun = Some(line);
            }
        }
        self.0.extend(begun);
        lines
    }

    /// What began and will not end.
    pub(crate) fn finish(self) -> Vec<LogLine> {
        self.0.into_iter().map(LogLine::from).collect()
    }
}

impl From<Begun> for LogLine {
    fn from(begun: Begun) -> Self {
        let Begun { at, position, stream, offset, bytes } = begun;
        let text = String::from_utf8_lossy(&bytes);
        let text =
            text.strip_suffix('\n').map_or(text.as_ref(), |line| line.strip_suffix('\r').unwrap_or(line)).to_owned();
        Self { at, position, stream, offset, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_store::LogChunk;

    fn piece(position: i32, stream: Stream, seq: i64, text: &str) -> LogRow {
        let data = text.as_bytes().to_vec();
        LogRow { position, chunk: LogChunk { seq, stream, first_at: seq, last_at: seq, data } }
    }

    #[test]
    fn lines_of_steps_are_put_together_with_the_places_where_they_begin() {
        let mut lines = LogLines::default();
        let seen =
            |lines: Vec<LogLine>| lines.into_iter().map(|it| (it.position, it.offset, it.text)).collect::<Vec<_>>();
        assert_eq!(seen(lines.push(&piece(0, Stream::Stdout, 0, "one\ntw"))), [(0, 0, "one".to_owned())]);
        assert_eq!(seen(lines.push(&piece(1, Stream::Stdout, 6, "x\r\n"))), [(1, 6, "x".to_owned())]);
        assert_eq!(seen(lines.push(&piece(0, Stream::Stderr, 9, "e"))), []);
        let rest = lines.push(&piece(0, Stream::Stdout, 10, "o\n\nthr"));
        assert_eq!(seen(rest), [(0, 4, "two".to_owned()), (0, 12, String::new())]);
        let mut rest = seen(lines.finish());
        rest.sort_unstable();
        assert_eq!(rest, [(0, 9, "e".to_owned()), (0, 13, "thr".to_owned())]);
    }
}
