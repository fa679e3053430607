//! Changes of a text or of bytes, whatever they mean.

use bolero::TypeGenerator;
use bolero::generator::produce;

/// The longest text that edits make; longer ones show nothing new and take longer.
const LONGEST: usize = 128 * 1024;
/// Pieces that mean something to one of the readers.
const TOKENS: &[&str] = &[
    "\n",
    "\r\n",
    "\0",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    ": ",
    "- ",
    "&a ",
    "*a",
    "<<: *a",
    "!!binary ",
    "|\n  ",
    "#",
    "---\n",
    "null",
    "true",
    "NaN",
    "\u{feff}",
    "\u{202e}",
    "\x1b[2J",
    "\\ud800",
    "=",
    "abi=",
    "name=",
    "$ref",
];

/// One change. Places are parts of the whole, so that they fit any length: 0 is the beginning, `u32::MAX` the end.
#[derive(Clone, Debug, TypeGenerator)]
#[expect(missing_docs, reason = "a field is what its name says")]
pub enum Edit {
    /// Another value for a bit.
    Flip { at: u32, bit: u8 },
    /// Nothing after this place.
    Truncate { at: u32 },
    /// Some bytes fewer.
    Remove { at: u32, length: u8 },
    /// Bytes that have no meaning.
    Insert {
        at: u32,
        #[generator(produce::<Vec<u8>>().with().len(0..=8usize))]
        bytes: Vec<u8>,
    },
    /// Bytes that have one.
    Token { at: u32, token: u8 },
    /// A piece again and again.
    Repeat { at: u32, length: u8, times: u8 },
    /// A piece of another seed.
    Splice { at: u32, from: u32, length: u16 },
    /// An extreme in the place of a number that is written in digits.
    Number { which: u16, by: u8 },
}

impl Edit {
    /// Makes the change; `other` is another seed.
    pub fn apply(&self, bytes: &mut Vec<u8>, other: &[u8]) {
        match self {
            Self::Flip { at, bit } => {
                let at = index(*at, bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Self::Truncate { at } => bytes.truncate(index(*at, bytes.len())),
            Self::Remove { at, length } => drop(bytes.drain(range(*at, (*length).into(), bytes.len()))),
            Self::Insert { at, bytes: new } => insert(bytes, *at, new),
            Self::Token { at, token } => insert(bytes, *at, TOKENS[usize::from(*token) % TOKENS.len()].as_bytes()),
            Self::Repeat { at, length, times } => {
                let piece = bytes[range(*at, (*length).into(), bytes.len())].to_vec();
                insert(bytes, *at, &piece.repeat(usize::from(*times)));
            }
            Self::Splice { at, from, length } => {
                let piece = &other[range(*from, (*length).into(), other.len())];
                insert(bytes, *at, piece);
            }
            Self::Number { which, by } => replace_number(bytes, *which, *by),
        }
        bytes.truncate(LONGEST);
    }
}

/// A number at an edge of some type, as it is written.
pub fn extreme(which: u8) -> &'static str {
    const EXTREMES: &[&str] = &[
        "0",
        "-1",
        "1",
        "-0",
        "255",
        "256",
        "4096",
        "65535",
        "65536",
        "2147483648",
        "4294967295",
        "4294967296",
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "1e308",
        "1e-400",
        "-1e308",
        "0.1",
        "1e400",
    ];
    EXTREMES[usize::from(which) % EXTREMES.len()]
}

/// A place in something of this length, its end included.
pub(crate) fn index(at: u32, length: usize) -> usize {
    let scaled = (u64::from(at) * (length as u64 + 1)) >> 32;
    usize::try_from(scaled).expect("at most the length")
}

fn range(at: u32, length: usize, whole: usize) -> std::ops::Range<usize> {
    let start = index(at, whole);
    start..(start + length).min(whole)
}

fn insert(bytes: &mut Vec<u8>, at: u32, new: &[u8]) {
    let at = index(at, bytes.len());
    drop(bytes.splice(at..at, new.iter().copied()));
}

fn replace_number(bytes: &mut Vec<u8>, which: u16, by: u8) {
    let mut starts: Vec<usize> = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        let continues = at > 0 && bytes[at - 1].is_ascii_digit();
        if byte.is_ascii_digit() && !continues {
            starts.push(at);
        }
    }
    let Some(start) = starts.get(usize::from(which) % starts.len().max(1)).copied() else { return };
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    drop(bytes.splice(start..start + length, extreme(by).bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(edit: &Edit, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        edit.apply(&mut bytes, b"other");
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn places_fit_any_length() {
        for length in [0, 1, 7, 100_000] {
            assert_eq!((index(0, length), index(u32::MAX, length)), (0, length));
        }
    }

    #[test]
    fn every_edit_does_what_it_is_called() {
        let half = 1 << 31;
        assert_eq!(edited(&Edit::Flip { at: 0, bit: 5 }, "Abc"), "abc");
        assert_eq!(edited(&Edit::Truncate { at: half }, "abcd"), "ab");
        assert_eq!(edited(&Edit::Remove { at: half, length: 1 }, "abcd"), "abd");
        assert_eq!(edited(&Edit::Token { at: u32::MAX, token: 0 }, "ab"), "ab\n");
        assert_eq!(edited(&Edit::Repeat { at: 0, length: 1, times: 2 }, "ab"), "aaab");
        assert_eq!(edited(&Edit::Splice { at: 0, from: 0, length: 2 }, "ab"), "otab");
        assert_eq!(edited(&Edit::Number { which: 1, by: 1 }, "a12b34c"), "a12b-1c");
        assert_eq!(edited(&Edit::Number { which: 1, by: 1 }, "none"), "none");
    }
}
