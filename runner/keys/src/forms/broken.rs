//! An encoded secret that is broken into lines: `base64` breaks after 76 characters, `openssl` after 64, `xxd -p` after 60,
//! counted from the beginning of what was encoded, which need not be that of the secret.

use super::PIECE;

/// Characters of whole bytes of the secret, between which lines break.
pub(super) const HEX: usize = 2;
pub(super) const BASE64: usize = 4;

/// Pieces begin so many characters after one another. All lines of base64 begin and end with one; of a line of hex, one byte of the
/// secret may be left at either end.
const STEP: usize = 4;
/// The shortest end of a secret that counts alone.
const SHORTEST: usize = 8;
/// A piece of fewer different characters, such as a row of zeros, stands in other texts too.
const DIFFERENT: usize = 3;
/// In a text, and in one that is a string of JSON.
const BREAKS: [&[u8]; 3] = [b"\n", b"\r\n", b"\\n"];

/// The most pieces of a secret of so many bytes, in all its encodings.
pub(super) fn most(length: usize) -> usize {
    3 * length + 24
}

/// Pieces that overlap, so that they cover every line that is not shorter than one. In the encoded text as a whole, the first
/// character is at `first` modulo [`STEP`].
pub(super) fn pieces(encoded: &[u8], first: usize) -> impl Iterator<Item = [u8; PIECE]> {
    let last = encoded.len().wrapping_sub(PIECE);
    let pieces = encoded.array_windows().enumerate();
    let pieces = pieces.filter(move |(at, _)| *at == 0 || (first + at).is_multiple_of(STEP) || *at == last);
    pieces.map(|(_, piece)| *piece).filter(|piece| tells(piece))
}

/// The two ends of a secret where they are on a line with less than a piece of it: with what is on the next line or on the
/// one before, and alone, as in a list of lines. Lines break after multiples of `unit`.
pub(super) fn ends(encoded: &[u8], first: usize, unit: usize) -> Vec<Vec<u8>> {
    let length = encoded.len();
    let mut found = Vec::new();
    for at in (1..length).filter(|at| (first + at).is_multiple_of(unit)) {
        let (before, after) = (&encoded[at.saturating_sub(PIECE)..at], &encoded[at..length.min(at + PIECE)]);
        let short: Vec<&[u8]> = [(at, before), (length - at, after)]
            .into_iter()
            .filter(|(left, _)| *left < PIECE)
            .map(|(_, end)| end)
            .collect();
        if short.is_empty() || length < SHORTEST {
            continue;
        }
        found.extend(BREAKS.iter().map(|line_break| [before, line_break, after].concat()));
        found.extend(short.into_iter().filter(|end| end.len() >= SHORTEST && tells(end)).map(<[u8]>::to_vec));
    }
    found
}

fn tells(piece: &[u8]) -> bool {
    let mut seen = [false; 256];
    piece.iter().filter(|byte| !std::mem::replace(&mut seen[usize::from(**byte)], true)).count() >= DIFFERENT
}
