//! The forms in which a secret may turn up in a text.

mod shell;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use zeroize::Zeroizing;

/// Shorter values are left alone: masking them would shred every text and hide nothing.
pub(crate) const SHORTEST: usize = 4;
/// Shorter lines of a secret with several lines are left alone, such as a lone bracket.
const SHORTEST_LINE: usize = 8;
/// Where `base64` and `openssl` break their lines.
const WRAPS: [usize; 2] = [76, 64];

/// A secret without the line breaks at its end, which do not count: files have them and programs drop them.
pub(crate) fn counting(secret: &[u8]) -> &[u8] {
    let end = secret.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    &secret[..end]
}

/// All forms of a secret: as it is, escaped for JSON, quoted for shells, encoded for URLs, in base64 and in hex. A secret with several
/// lines (a private key) counts line by line as well, since logs are written so.
pub(crate) fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let secret = counting(secret);
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let mut forms = vec![secret.to_vec(), hex(secret, b"0123456789abcdef"), hex(secret, b"0123456789ABCDEF")];
    forms.extend(lines(secret).map(<[u8]>::to_vec));
    forms.extend(json(secret));
    forms.extend(shell::quoted(secret));
    forms.extend(url(secret));
    forms.extend(base64(secret));
    forms
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

/// In both alphabets, alone or anywhere in a longer text (three alignments), and broken into lines.
fn base64(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for alphabet in [STANDARD, URL_SAFE] {
        forms.extend((0..3).map(|before| aligned(secret, before, &alphabet)));
    }
    let whole = Zeroizing::new(STANDARD.encode(secret));
    for width in WRAPS.into_iter().filter(|width| whole.len() > *width) {
        let lines = whole.as_bytes().chunks(width).filter(|line| line.len() >= SHORTEST_LINE);
        forms.extend(lines.map(<[u8]>::to_vec));
    }
    forms
}

/// The characters that depend on the secret alone when `before` bytes (modulo 3) stand before it.
fn aligned(secret: &[u8], before: usize, alphabet: &impl Engine) -> Vec<u8> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(before + secret.len()));
    bytes.resize(before, 0);
    bytes.extend_from_slice(secret);
    let encoded = Zeroizing::new(alphabet.encode(bytes.as_slice()));
    let first = (before * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    encoded.as_bytes()[first..last].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(secret: &str, form: &str) -> bool {
        forms(secret.as_bytes()).iter().any(|found| found == form.as_bytes())
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
    fn long_base64_is_found_line_by_line() {
        let secret: String = (0..200).map(|n| char::from(b'a' + n % 26)).collect();
        let whole = STANDARD.encode(&secret);
        assert!(has(&secret, &whole[..76]) && has(&secret, &whole[76..152]) && has(&secret, &whole[64..128]));
        assert!(!has("only a short secret", &STANDARD.encode("only a short secret")[..8]));
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
        assert!(forms(b"").is_empty() && forms(b"abc").is_empty() && forms(b"abc\r\n\n").is_empty());
        assert!(forms(b"\n\n\n\n\n").is_empty());
        assert!(has("abcd\n", "abcd") && !has("abcd\n", "abcd\n"));
    }

    #[test]
    fn bytes_that_are_no_text_have_no_json_form() {
        let found = forms(b"\xff\xfe\xfd\xfc");
        assert!(found.contains(&b"fffefdfc".to_vec()) && found.contains(&b"%FF%FE%FD%FC".to_vec()));
        assert!(!found.iter().any(|form| form.starts_with(b"\\u")));
    }
}
