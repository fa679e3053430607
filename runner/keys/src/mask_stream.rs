use std::borrow::Cow;

use crate::Masker;

/// Masks a text that comes in chunks, wherever they are cut: what comes out is the masked whole.
///
/// The end of a chunk is held back only while it may be the beginning of a secret, so a live log stays live. At most
/// [`Masker::longest`] bytes are held.
pub struct MaskStream {
    masker: Masker,
    held: Vec<u8>,
    /// How many of the held bytes belong to a run whose mask is written already.
    covered: usize,
}

impl MaskStream {
    /// A stream with nothing read yet.
    pub fn new(masker: Masker) -> Self {
        Self { masker, held: Vec::new(), covered: 0 }
    }

    /// Takes a chunk; returns what is certain to be free of secrets now.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        let mut text = Cow::Borrowed(chunk);
        if !self.held.is_empty() {
            self.held.extend_from_slice(chunk);
            text = Cow::Owned(std::mem::take(&mut self.held));
        }
        let until = self.masker.unfinished(&text);
        let (masked, covered) = self.masker.masked(&text, self.covered, until);
        self.held = text[until..].to_vec();
        self.covered = covered;
        masked
    }

    /// The rest. A secret that was cut off before its end is in it as far as it came.
    pub fn finish(self) -> Vec<u8> {
        self.masker.masked(&self.held, self.covered, self.held.len()).0
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;
    use crate::MASK;
    use crate::forms::Forms;

    /// Numbers that are the same in every run (splitmix64).
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) % limit as u64) as usize
        }

        fn text(&mut self, alphabet: &[u8], length: usize) -> Vec<u8> {
            (0..length).map(|_| alphabet[self.below(alphabet.len())]).collect()
        }
    }

    fn streamed(masker: &Masker, text: &[u8], mut cut: impl FnMut() -> usize) -> Vec<u8> {
        let mut stream = masker.stream();
        let (mut out, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(cut().clamp(1, rest.len()));
            out.extend(stream.push(chunk));
            assert!(stream.held.len() < masker.longest().max(1));
            rest = after;
        }
        out.extend(stream.finish());
        out
    }

    fn contains(text: &[u8], part: &[u8]) -> bool {
        text.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn no_form_of_a_random_secret_comes_through_wherever_it_is_cut() {
        let mut numbers = Numbers(1);
        for round in 0..300 {
            let length = 4 + numbers.below(60);
            let secret = numbers.text(b"abcXYZ019/+=&% \"\\\t\xc3\x00", length);
            let (left, right) = (numbers.below(9), numbers.below(9));
            let around = [numbers.text(b"uvw", left), secret.clone(), numbers.text(b"uvw", right)].concat();
            let written: Vec<Vec<u8>> = vec![
                secret.clone(),
                secret.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect(),
                secret.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect(),
                STANDARD.encode(&around).into_bytes(),
                URL_SAFE.encode(&around).into_bytes(),
            ];
            let masker = Masker::new([secret.as_slice()]);
            let gaps: Vec<usize> = written.iter().map(|_| numbers.below(40)).collect();
            let text: Vec<u8> = written
                .iter()
                .zip(gaps)
                .flat_map(|(form, gap)| [numbers.text(b"uvw ", gap), form.clone()].concat())
                .collect();
            let most = 1 + numbers.below(30);
            let out = streamed(&masker, &text, || 1 + numbers.below(most));
            assert_eq!(out, masker.mask(&text).as_ref(), "round {round}");
            for form in forms(&secret) {
                assert!(!contains(&out, &form), "round {round}: {form:?} came through");
            }
            assert!(contains(&out, MASK.as_bytes()));
        }
    }

    /// As `base64`, `openssl` and `xxd -p` break what they encode, and as `output: text` and `output: lines` give it. Nothing is
    /// left of the secret; of lines in a list, and of bytes in hex, a few characters next to a break.
    #[test]
    fn an_encoded_secret_is_found_however_it_is_broken_into_lines() {
        let mut numbers = Numbers(4);
        let all: Vec<u8> = (0..=255).collect();
        for round in 0..200 {
            let (length, before, after) = (20 + numbers.below(1980), numbers.below(101), numbers.below(9));
            // Line breaks at its end would not count.
            let secret = [numbers.text(&all, length - 1), b"x".to_vec()].concat();
            let around = [numbers.text(b"uvw", before), secret.clone(), numbers.text(b"uvw", after)].concat();
            let masker = Masker::new([secret.as_slice()]);
            let hex: Vec<u8> = around.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
            let first = (before * 8).div_ceil(6);
            let base64 = first..(before + length) * 8 / 6;
            for (encoded, of_secret, left) in [
                (STANDARD.encode(&around).into_bytes(), base64.clone(), 0),
                (URL_SAFE.encode(&around).into_bytes(), base64, 0),
                (hex, 2 * before..2 * (before + length), 2),
            ] {
                let width = [60, 64, 76][numbers.below(3)];
                for (line_break, left) in [("\n", left), ("\r\n", left), ("\\n", left), ("\",\"", 7)] {
                    let lines: Vec<&[u8]> = encoded.chunks(width).collect();
                    let text = lines.join(line_break.as_bytes());
                    let with_breaks = |at: usize| at + at / width * line_break.len();
                    let own = with_breaks(of_secret.start)..with_breaks(of_secret.end - 1) + 1;
                    let most = 1 + numbers.below(300);
                    let out = streamed(&masker, &text, || 1 + numbers.below(most));
                    assert_eq!(out, masker.mask(&text).as_ref(), "round {round}");
                    let longest = longest_left(&out, &text, own, line_break.as_bytes());
                    assert!(
                        longest <= left,
                        "round {round}: {longest} of {length} after {before}, {width} {line_break:?}"
                    );
                }
            }
        }
    }

    /// The most characters of `text[own]` that stand together in what came out of its masking.
    fn longest_left(out: &[u8], text: &[u8], own: Range<usize>, line_break: &[u8]) -> usize {
        let parts = split(out, MASK.as_bytes());
        let [first, between @ .., last] = parts.as_slice() else { return own.len() };
        let (before, after) = (own.start.min(first.len()), last.len().saturating_sub(text.len() - own.end));
        let parts = [&first[before..], &last[..after]].into_iter().chain(between.iter().copied());
        parts.flat_map(|part| split(part, line_break)).map(<[u8]>::len).max().unwrap()
    }

    fn split<'a>(mut text: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
        let mut parts = Vec::new();
        while let Some(at) = text.windows(separator.len()).position(|window| window == separator) {
            parts.push(&text[..at]);
            text = &text[at + separator.len()..];
        }
        parts.push(text);
        parts
    }

    #[test]
    fn a_stream_is_the_masked_whole_even_when_secrets_overlap() {
        let mut numbers = Numbers(2);
        for round in 0..3_000 {
            let count = 1 + numbers.below(4);
            let secrets: Vec<Vec<u8>> = (0..count)
                .map(|_| {
                    let length = 4 + numbers.below(6);
                    numbers.text(b"ab", length)
                })
                .collect();
            let masker = Masker::new(secrets.iter().map(Vec::as_slice));
            let length = numbers.below(120);
            let text = numbers.text(b"aab", length);
            let most = 1 + numbers.below(12);
            let out = streamed(&masker, &text, || 1 + numbers.below(most));
            assert_eq!(out, masker.mask(&text).as_ref(), "round {round}: {secrets:?} in {text:?}");
            assert_eq!(out, by_hand(&secrets, &text), "round {round}: {secrets:?} in {text:?}");
        }
    }

    fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
        let forms = Forms::of([secret]);
        forms.whole.iter().cloned().chain(forms.pieces.iter().map(|piece| piece.to_vec())).collect()
    }

    /// The same by trying every form at every place.
    fn by_hand(secrets: &[Vec<u8>], text: &[u8]) -> Vec<u8> {
        let forms: Vec<Vec<u8>> = secrets.iter().flat_map(|secret| forms(secret)).collect();
        let (mut out, mut end) = (Vec::new(), 0);
        for at in 0..text.len() {
            let lengths = forms.iter().filter(|form| text[at..].starts_with(form)).map(Vec::len);
            if let Some(length) = lengths.max() {
                if at >= end {
                    out.extend_from_slice(MASK.as_bytes());
                }
                end = end.max(at + length);
            }
            if at >= end {
                out.push(text[at]);
            }
        }
        out
    }

    #[test]
    fn other_text_passes_byte_for_byte_and_at_once() {
        let mut numbers = Numbers(3);
        let all: Vec<u8> = (0..=255).collect();
        let masker = Masker::new([&b"hunter2-and-more"[..]]);
        let text = numbers.text(&all, 20_000);
        assert_eq!(streamed(&masker, &text, || 1 + numbers.below(500)), text);
        let mut stream = masker.stream();
        assert_eq!(stream.push(b"a whole line\n"), b"a whole line\n");
        assert_eq!(stream.push(b"hunter2"), b"");
        assert_eq!(stream.push(b" is no secret\n"), b"hunter2 is no secret\n");
        assert_eq!(stream.push(b"the end: hunter2-and-mor"), b"the end: ");
        assert_eq!(stream.finish(), b"hunter2-and-mor");
    }

    #[test]
    fn without_secrets_all_passes() {
        let mut stream = Masker::new([]).stream();
        assert_eq!(stream.push(b"any\xfftext"), b"any\xfftext");
        assert_eq!(stream.finish(), b"");
    }
}
