//! The forms in which a secret may turn up in a text.

mod broken;
mod shell;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use zeroize::Zeroizing;

/// Shorter values are left alone: masking them would shred every text and hide nothing.
pub(crate) const SHORTEST: usize = 4;
/// Shorter lines of a secret with several lines are left alone, such as a lone bracket.
const SHORTEST_LINE: usize = 8;

/// A secret without the line breaks at its end, which do not count: files have them and programs drop them.
pub(crate) fn counting(secret: &[u8]) -> &[u8] {
    let end = secret.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    &secret[..end]
}

/// The length of a piece of an encoded secret that may be broken into lines: 12 bytes of the secret in base64 and 8 in hex, which no
/// other text has by chance.
pub(crate) const PIECE: usize = 16;

/// All forms of secrets: as they are, escaped for JSON, quoted for shells, encoded for URLs, in base64 and in hex. A secret with
/// several lines (a private key) counts line by line as well, since logs are written so.
pub(crate) struct Forms {
    pub(crate) whole: Zeroizing<Vec<Vec<u8>>>,
    /// Of what is in base64 or hex.
    pub(crate) pieces: Zeroizing<Vec<[u8; PIECE]>>,
}

impl Forms {
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let secrets: Vec<&[u8]> = secrets.into_iter().map(counting).filter(|secret| secret.len() >= SHORTEST).collect();
        // With room for all of them, so that they are never moved.
        let pieces = Vec::with_capacity(secrets.iter().map(|secret| broken::most(secret.len())).sum());
        let mut this = Self { whole: Zeroizing::default(), pieces: Zeroizing::new(pieces) };
        secrets.into_iter().for_each(|secret| this.add(secret));
        this
    }

    fn add(&mut self, secret: &[u8]) {
        self.whole.push(secret.to_vec());
        self.whole.extend(lines(secret).map(<[u8]>::to_vec));
        self.whole.extend(json(secret));
        self.whole.extend(shell::quoted(secret));
        self.whole.extend(url(secret));
        for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
            self.add_encoded(hex(secret, digits), 0, broken::HEX);
        }
        for alphabet in [STANDARD, URL_SAFE] {
            for before in 0..3 {
                self.add_encoded(aligned(secret, before, &alphabet), first_of_its_own(before), broken::BASE64);
            }
        }
    }

    fn add_encoded(&mut self, encoded: Vec<u8>, first: usize, unit: usize) {
        self.pieces.extend(broken::pieces(&encoded, first));
        self.whole.extend(broken::ends(&encoded, first, unit));
        self.whole.push(encoded);
    }
}

fn lines(secret: &[u8]) -> impl Iterator<Item = &[u8]> {
    let several = secret.contains(&b'\n');
    let lines = secret.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(move |line| several && line.len() >= SHORTEST_LINE)
}

fn hex(secret: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    secret.iter().flat_map(|byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]).collect()
}

/// As most encoders escape (RFC 8259, section 7), as those do that write ASCII only (Python), and as those do that
/// spare HTML (Go).
fn json(secret: &[u8]) -> Vec<Vec<u8>> {
    let Ok(text) = std::str::from_utf8(secret) else { return Vec::new() };
    let html = |c| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
    vec![json_escaped(text, |_| false), json_escaped(text, |c| !c.is_ascii()), json_escaped(text, html)]
}

fn json_escaped(text: &str, also: impl Fn(char) -> bool) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(6 * text.len()); // never moved, so that no copy of it stays behind
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend([b'\\', c as u8]),
            '\n' => escaped.extend(b"\\n"),
            '\r' => escaped.extend(b"\\r"),
            '\t' => escaped.extend(b"\\t"),
            '\u{8}' => escaped.extend(b"\\b"),
            '\u{c}' => escaped.extend(b"\\f"),
            c if c < ' ' || also(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    escaped.extend(format!("\\u{unit:04x}").bytes());
                }
            }
            c => escaped.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    escaped
}

/// With everything encoded that may be (RFC 3986, section 2.3), with the slash left (Python's `quote`), with what
/// JavaScript's `encodeURIComponent` leaves, and as HTML forms do it; each with upper and lower case digits.
fn url(secret: &[u8]) -> Vec<Vec<u8>> {
    let left: [(&[u8], &[u8]); 4] = [(b"-._~", b"%20"), (b"-._~/", b"%20"), (b"-._~!'()*", b"%20"), (b"-._*", b"+")];
    let digits = [b"0123456789ABCDEF", b"0123456789abcdef"];
    let both = left.iter().flat_map(|(left, space)| digits.map(|digits| (*left, *space, digits)));
    both.map(|(left, space, digits)| url_encoded(secret, left, space, digits)).collect()
}

fn url_encoded(secret: &[u8], left: &[u8], space: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(3 * secret.len());
    for byte in secret {
        match byte {
            b' ' => encoded.extend(space),
            byte if byte.is_ascii_alphanumeric() || left.contains(byte) => encoded.push(*byte),
            byte => encoded.extend([b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]),
        }
    }
    encoded
}

/// The characters that depend on the secret alone when `before` bytes (modulo 3) stand before it.
fn aligned(secret: &[u8], before: usize, alphabet: &impl Engine) -> Vec<u8> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(before + secret.len()));
    bytes.resize(before, 0);
    bytes.extend_from_slice(secret);
    let encoded = Zeroizing::new(alphabet.encode(bytes.as_slice()));
    let last = bytes.len() * 8 / 6;
    encoded.as_bytes()[first_of_its_own(before)..last].to_vec()
}

/// The first character of base64 with nothing in it of the `before` bytes that stand before a secret.
fn first_of_its_own(before: usize) -> usize {
    (before * 8).div_ceil(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(secret: &[u8]) -> Forms {
        Forms::of([secret])
    }

    fn has(secret: &str, form: &str) -> bool {
        forms(secret.as_bytes()).whole.iter().any(|found| found == form.as_bytes())
    }

    #[test]
    fn forms_of_a_plain_value() {
        for form in ["s3cret/+ key", "7333637265742f2b206b6579", "7333637265742F2B206B6579"] {
            assert!(has("s3cret/+ key", form), "{form}");
        }
        for form in ["s3cret%2F%2B%20key", "s3cret%2f%2b%20key", "s3cret/%2B%20key", "s3cret%2F%2B+key"] {
            assert!(has("s3cret/+ key", form), "{form}");
        }
    }

    #[test]
    fn forms_of_an_awkward_value() {
        let secret = "a\"b\\c\td\u{1}<é😀";
        for form in [
            "a\\\"b\\\\c\\td\\u0001<é😀",
            "a\\\"b\\\\c\\td\\u0001<\\u00e9\\ud83d\\ude00",
            "a\\\"b\\\\c\\td\\u0001\\u003cé😀",
        ] {
            assert!(has(secret, form), "{form}");
        }
    }

    #[test]
    fn base64_at_each_alignment_without_its_neighbours() {
        for alphabet in [STANDARD, URL_SAFE] {
            let secret = b"k\xfb\xff\xfe-secret\x00\x10\x83";
            for (before, after) in (0..6).flat_map(|before| (0..4).map(move |after| (before, after))) {
                let text = [&b"xyzXYZ"[..before], secret, &b"QRST"[..after]].concat();
                let encoded = alphabet.encode(text).into_bytes();
                let form = aligned(secret, before % 3, &alphabet);
                assert!(form.len() >= secret.len() * 8 / 6 - 1);
                assert!(encoded.windows(form.len()).any(|window| window == form), "{before} {after}");
            }
        }
    }

    #[test]
    fn a_secret_of_several_lines_counts_line_by_line() {
        let key = "-----BEGIN KEY-----\r\n  c29tZXRoaW5n\nshort\nAg==\n-----END KEY-----\n";
        for form in ["-----BEGIN KEY-----", "c29tZXRoaW5n", "-----END KEY-----", key.trim_end()] {
            assert!(has(key, form), "{form}");
        }
        assert!(!has(key, "short") && !has(key, "Ag=="));
        assert!(!has("one line with spaces ", "one line with spaces"));
    }

    #[test]
    fn short_values_and_line_breaks_at_the_end_do_not_count() {
        for secret in ["", "abc", "abc\r\n\n", "\n\n\n\n\n"] {
            assert!(forms(secret.as_bytes()).whole.is_empty(), "{secret:?}");
        }
        assert!(has("abcd\n", "abcd") && !has("abcd\n", "abcd\n"));
    }

    #[test]
    fn bytes_that_are_no_text_have_no_json_form() {
        let found = forms(b"\xff\xfe\xfd\xfc").whole;
        assert!(found.contains(&b"fffefdfc".to_vec()) && found.contains(&b"%FF%FE%FD%FC".to_vec()));
        assert!(!found.iter().any(|form| form.starts_with(b"\\u")));
    }
}
