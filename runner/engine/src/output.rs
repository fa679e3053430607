//! Masking what a step says, with the secrets that it was given so far.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use windlass_keys::{MaskStream, Masker, masked_badly};

/// The secrets that a step holds. They are added before the step gets them, so that nothing it says slips through.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Arc<Mutex<Vec<SecretString>>>);

impl Secrets {
    pub(crate) fn add(&self, secrets: impl IntoIterator<Item = SecretString>) {
        let mut known = self.known();
        for secret in secrets {
            if !known.iter().any(|other| other.expose_secret() == secret.expose_secret()) {
                known.push(secret);
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Vec<SecretString>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The secrets that an execution has told to be masked badly, by what they are called.
#[derive(Default)]
pub(crate) struct ShortSecrets(Mutex<BTreeSet<String>>);

impl ShortSecrets {
    /// What to tell of a secret, once.
    pub(crate) fn warning(&self, name: &str, secret: &str) -> Option<String> {
        let warning = masked_badly(name, secret.as_bytes())?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned()).then_some(warning)
    }
}

/// Masks with the secrets known at each moment.
pub(crate) struct Mask {
    secrets: Secrets,
    count: usize,
    masker: Masker,
    streams: Vec<Stream>,
}

/// Bytes that come in pieces, and how many secrets they are masked for.
struct Stream {
    count: usize,
    masked: MaskStream,
}

impl Mask {
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self { secrets, count: 0, masker: Masker::new([]), streams: Vec::new() }
    }

    /// A whole text.
    pub(crate) fn text(&mut self, text: String) -> String {
        self.refresh();
        match self.masker.mask(text.as_bytes()) {
            std::borrow::Cow::Borrowed(_) => text,
            std::borrow::Cow::Owned(masked) => String::from_utf8_lossy(&masked).into_owned(),
        }
    }

    /// The beginning of a text: what may be the beginning of a secret at its end is left out.
    pub(crate) fn beginning(&mut self, text: &str) -> String {
        self.refresh();
        let certain = MaskStream::new(self.masker.clone()).push(text.as_bytes());
        String::from_utf8_lossy(&certain).into_owned()
    }

    /// A JSON value: masks replace text within strings, so it stays JSON; one that does not becomes null.
    pub(crate) fn value(&mut self, value: &Value) -> Value {
        let text = self.text(value.to_string());
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// The number of a new stream.
    pub(crate) fn open(&mut self) -> usize {
        self.refresh();
        self.streams.push(self.fresh());
        self.streams.len() - 1
    }

    /// The next piece of a stream; what might be the beginning of a secret is held back.
    pub(crate) fn stream(&mut self, stream: usize, bytes: &[u8]) -> Vec<u8> {
        self.refresh();
        let mut ready = if self.streams[stream].count == self.count { Vec::new() } else { self.finish(stream) };
        ready.extend(self.streams[stream].masked.push(bytes));
        ready
    }

    /// The rest of a stream, which may go on after it.
    pub(crate) fn finish(&mut self, stream: usize) -> Vec<u8> {
        let fresh = self.fresh();
        std::mem::replace(&mut self.streams[stream], fresh).masked.finish()
    }

    fn fresh(&self) -> Stream {
        Stream { count: self.count, masked: MaskStream::new(self.masker.clone()) }
    }

    fn refresh(&mut self) {
        let known = self.secrets.known();
        if known.len() > self.count {
            self.count = known.len();
            self.masker = Masker::new(known.iter().map(|secret| secret.expose_secret().as_bytes()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_cut_is_not_in_a_beginning() {
        let secrets = Secrets::default();
        secrets.add([SecretString::from("hunter2-hunter2")]);
        let mut mask = Mask::new(secrets);
        assert_eq!(mask.beginning("the secret is hunter2-hun"), "the secret is ");
        assert_eq!(mask.beginning("there is no secret."), "there is no secret.");
        let whole = mask.beginning("hunter2-hunter2 it is");
        assert!(!whole.contains("hunter") && whole.ends_with(" it is"), "{whole}");
    }

    /// A log line that came first must not leave the streams with the secrets of before.
    #[test]
    fn every_stream_learns_of_a_secret() {
        let secrets = Secrets::default();
        let mut mask = Mask::new(secrets.clone());
        let (first, second) = (mask.open(), mask.open());
        assert_eq!(mask.stream(first, b"hunter2 "), b"hunter2 ");
        secrets.add([SecretString::from("hunter2-hunter2")]);
        assert!(!mask.text("hunter2-hunter2".to_owned()).contains("hunter2"));
        for stream in [first, second] {
            let mut out = mask.stream(stream, b"is hunter2-hun");
            out.extend(mask.stream(stream, b"ter2 or not"));
            out.extend(mask.finish(stream));
            let text = String::from_utf8(out).unwrap();
            assert!(text.starts_with("is ") && text.ends_with(" or not") && !text.contains("hunter2"), "{text}");
        }
    }
}
