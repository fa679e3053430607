use std::borrow::Cow;
use std::sync::Arc;

use crate::MaskStream;
use crate::finder::Finder;
use crate::forms::{Forms, SHORTEST, counting};

/// What stands in a text where a secret stood.
pub const MASK: &str = "[masked]";

/// A secret of fewer bytes is not masked well: texts have it in them by chance, and it is guessed by trying.
const WELL_MASKED: usize = 8;

/// What to tell of a secret that is called `name` and is not masked well; nothing of one that is.
pub fn masked_badly(name: &str, secret: &[u8]) -> Option<String> {
    match counting(secret).len() {
        ..SHORTEST => Some(format!(
            "the value of `{name}` has fewer than {SHORTEST} bytes: it is easily guessed, and is not masked, since any text \
             may have it in it; use a longer one"
        )),
        SHORTEST..WELL_MASKED => Some(format!(
            "the value of `{name}` has fewer than {WELL_MASKED} bytes: it is easily guessed, and hard to tell from other \
             text in logs, so do not rely on its masking; use a longer one"
        )),
        _ => None,
    }
}

/// Takes secrets out of texts, in all forms that tools write them in: plain, escaped for JSON, quoted for shells,
/// encoded for URLs, in base64 and in hex, on one line or broken into several; secrets with several lines also line by line. Values
/// shorter than 4 bytes are left alone.
///
/// It guards against accidents. It does not stop someone who means to print a secret in a form of their own.
///
/// Clones share what was built.
#[derive(Clone)]
pub struct Masker {
    finder: Option<Arc<Finder>>,
}

impl Masker {
    /// A masker for these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self { finder: Finder::new(Forms::of(secrets)).map(Arc::new) }
    }

    /// Whether there is nothing to mask.
    pub fn is_empty(&self) -> bool {
        self.finder.is_none()
    }

    /// The length of the longest form in bytes; 0 when there is nothing to mask.
    pub fn longest(&self) -> usize {
        self.finder.as_ref().map_or(0, |finder| finder.longest())
    }

    /// The text with each run of secrets replaced by [`MASK`]. Nothing is copied when there is none.
    pub fn mask<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        if self.find(text, 0).is_none() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(self.masked(text, 0, text.len()).0)
    }

    /// A masker for a text that comes in chunks.
    pub fn stream(&self) -> MaskStream {
        MaskStream::new(self.clone())
    }

    /// `text[..until]` masked, given that its first `covered` bytes belong to a run whose mask is written already.
    /// Every secret that begins before `until` must end in `text`. Also says how many bytes after `until` belong to a
    /// run whose mask is now written.
    pub(crate) fn masked(&self, text: &[u8], covered: usize, until: usize) -> (Vec<u8>, usize) {
        let mut masked = Vec::with_capacity(until);
        let (mut done, mut next) = self.run(text, 0, covered);
        while let Some((start, end)) = next.filter(|(start, _)| *start < until) {
            masked.extend_from_slice(&text[done..start]);
            masked.extend_from_slice(MASK.as_bytes());
            (done, next) = self.run(text, start + 1, end);
        }
        masked.extend_from_slice(&text[done.min(until)..until]);
        (masked, done.saturating_sub(until))
    }

    /// Where the first form begins that `text` may be cut in; the length of `text` when there is none.
    pub(crate) fn unfinished(&self, text: &[u8]) -> usize {
        self.finder.as_ref().map_or(text.len(), |finder| finder.unfinished(text))
    }

    /// Where the run ends that goes to `end` so far, with all secrets that begin in it at `from` or later; and the first
    /// secret after it.
    fn run(&self, text: &[u8], mut from: usize, mut end: usize) -> (usize, Option<(usize, usize)>) {
        loop {
            match self.find(text, from) {
                Some((start, reaches)) if start < end => (from, end) = (start + 1, end.max(reaches)),
                next => return (end, next),
            }
        }
    }

    fn find(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        self.finder.as_ref()?.find(text, from)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn masked(secrets: &[&str], text: &str) -> String {
        let masker = Masker::new(secrets.iter().map(|secret| secret.as_bytes()));
        String::from_utf8(masker.mask(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn takes_out_each_form() {
        let secret = "wJalr/K7+bPx \"q\"";
        assert_eq!(masked(&[secret], "<wJalr/K7+bPx \"q\">"), "<[masked]>");
        assert_eq!(masked(&[secret], r#"{"key":"wJalr/K7+bPx \"q\""}"#), r#"{"key":"[masked]"}"#);
        assert_eq!(masked(&[secret], "?key=wJalr%2FK7%2BbPx%20%22q%22&x=1"), "?key=[masked]&x=1");
        assert_eq!(masked(&[secret], "774a616c722f4b372b62507820227122"), "[masked]");
    }

    #[test]
    fn what_is_masked_badly_is_told_without_its_value() {
        let told = |secret: &str| masked_badly("keys/a", secret.as_bytes());
        for (secret, words) in
            [("xyz", "is not masked"), ("xyz\n", "is not masked"), ("hunter2\n", "fewer than 8 bytes")]
        {
            let told = told(secret).unwrap();
            assert!(told.contains("`keys/a`") && told.contains(words) && !told.contains(secret.trim_end()), "{told}");
            assert_eq!(Masker::new([secret.as_bytes()]).is_empty(), words == "is not masked", "{secret:?}");
        }
        assert_eq!(told("hunter22"), None);
    }

    #[test]
    fn nothing_is_copied_when_nothing_is_there() {
        let masker = Masker::new([&b"topsecret"[..]]);
        let text = b"nothing to see, top secret or topsecre or \xff\x00 bytes".as_slice();
        assert!(matches!(masker.mask(text), Cow::Borrowed(same) if std::ptr::eq(same, text)));
        let nobody = Masker::new([&b"abc"[..], b""]);
        assert!(nobody.is_empty() && nobody.longest() == 0);
        assert!(matches!(nobody.mask(b"abc"), Cow::Borrowed(b"abc")));
        assert!(matches!(masker.mask(b""), Cow::Borrowed(b"")));
    }

    #[test]
    fn overlapping_secrets_leave_no_rest() {
        assert_eq!(masked(&["abcdef", "defghi"], "xabcdefghix"), "x[masked]x");
        assert_eq!(masked(&["abcdefgh", "cdef", "efghijkl"], "abcdefghijkl."), "[masked].");
        assert_eq!(masked(&["abcdefgh", "bcdefghijk"], "abcdefghi abcdefghijk"), "[masked]i [masked]");
        assert_eq!(masked(&["aaaa"], "aaaaaaaaa b aaa"), "[masked] b aaa");
        assert_eq!(masked(&["abcd", "efgh"], "abcdefgh"), "[masked][masked]");
    }

    #[test]
    fn the_longest_form_is_measured() {
        assert_eq!(Masker::new([&b"//////"[..]]).longest(), "%2F%2F%2F%2F%2F%2F".len());
    }

    #[test]
    fn many_secrets_work_like_few() {
        let secrets: Vec<String> = (0..2_000).map(|n| format!("secret number {n} of many")).collect();
        let masker = Masker::new(secrets.iter().map(String::as_bytes));
        let text = format!("<{}> <{}>", secrets[7], STANDARD.encode(&secrets[1_999]));
        let masked = masker.mask(text.as_bytes()).into_owned();
        assert!(masked.starts_with(b"<[masked]> <[masked]"), "{}", String::from_utf8_lossy(&masked));
    }
}
