//! Output comes in pieces that end anywhere, even within a character; people read lines.

use windlass_store::Stream;

/// A line longer than this is shown in pieces.
const LONGEST: usize = 64 * 1024;

/// The lines that have begun and not ended, one a stream.
#[derive(Default)]
pub(crate) struct Lines(Vec<Begun>);

struct Begun {
    step: String,
    stream: Stream,
    bytes: Vec<u8>,
}

impl Lines {
    /// The lines that are complete with this piece of a stream, without their line breaks.
    pub(crate) fn push(&mut self, step: &str, stream: Stream, piece: &[u8]) -> Vec<String> {
        let mut bytes = self.take(|begun| begun.step == step && begun.stream == stream).pop().unwrap_or_default();
        bytes.extend_from_slice(piece);
        let complete = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if bytes.len() > LONGEST => bytes.len(),
            None => 0,
        };
        let rest = bytes.split_off(complete);
        if !rest.is_empty() {
            self.0.push(Begun { step: step.to_owned(), stream, bytes: rest });
        }
        lines(&bytes)
    }

    /// What a step began and will not end.
    pub(crate) fn finish(&mut self, step: &str) -> Vec<String> {
        self.take(|begun| begun.step == step).iter().flat_map(|bytes| lines(bytes)).collect()
    }

    fn take(&mut self, wanted: impl Fn(&Begun) -> bool) -> Vec<Vec<u8>> {
        self.0.extract_if(.., |begun| wanted(begun)).map(|begun| begun.bytes).collect()
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_line_are_put_together_stream_by_stream() {
        let mut seen = Lines::default();
        assert_eq!(seen.push("a", Stream::Stdout, b"one\ntw"), ["one"]);
        assert_eq!(seen.push("a", Stream::Stderr, b"error "), [""; 0]);
        assert_eq!(seen.push("a", Stream::Stdout, b"o \xc3"), [""; 0]);
        assert_eq!(seen.push("a", Stream::Stdout, b"\xa4\n\n"), ["two \u{e4}", ""]);
        assert_eq!(seen.finish("b"), [""; 0]);
        assert_eq!(seen.finish("a"), ["error "]);
        assert_eq!(seen.finish("a"), [""; 0]);
    }

    #[test]
    fn a_line_without_end_is_not_kept_for_ever() {
        let mut seen = Lines::default();
        assert_eq!(seen.push("a", Stream::Stdout, &vec![b'x'; LONGEST]), [""; 0]);
        assert_eq!(seen.push("a", Stream::Stdout, b"x"), ["x".repeat(LONGEST + 1)]);
    }
}
