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
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;
    use crate::MASK;

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
            for form in crate::forms::forms(&secret) {
                assert!(!contains(&out, &form), "round {round}: {form:?} came through");
            }
            assert!(contains(&out, MASK.as_bytes()));
        }
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

    /// The same by trying every form at every place.
    fn by_hand(secrets: &[Vec<u8>], text: &[u8]) -> Vec<u8> {
        let forms: Vec<Vec<u8>> = secrets.iter().flat_map(|secret| crate::forms::forms(secret)).collect();
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
