//! Masking what a step says, with the secrets that it was given so far.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use windlass_keys::{MaskStream, Masker};

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

/// Masks with the secrets known at each moment.
pub(crate) struct Mask {
    secrets: Secrets,
    count: usize,
    masker: Masker,
    streams: [MaskStream; 2],
}

impl Mask {
    pub(crate) fn new(secrets: Secrets) -> Self {
        let masker = Masker::new([]);
        let streams = [MaskStream::new(masker.clone()), MaskStream::new(masker.clone())];
        Self { secrets, count: 0, masker, streams }
    }

    /// A whole text.
    pub(crate) fn text(&mut self, text: String) -> String {
        self.refresh();
        match self.masker.mask(text.as_bytes()) {
            std::borrow::Cow::Borrowed(_) => text,
            std::borrow::Cow::Owned(masked) => String::from_utf8_lossy(&masked).into_owned(),
        }
    }

    /// A JSON value: masks replace text within strings, so it stays JSON; one that does not becomes null.
    pub(crate) fn value(&mut self, value: &Value) -> Value {
        let text = self.text(value.to_string());
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// The next piece of stream 0 or 1; what might be the beginning of a secret is held back.
    pub(crate) fn stream(&mut self, stream: usize, bytes: &[u8]) -> Vec<u8> {
        let mut ready = self.refresh_stream(stream);
        ready.extend(self.streams[stream].push(bytes));
        ready
    }

    /// The rest of a stream.
    pub(crate) fn finish(&mut self, stream: usize) -> Vec<u8> {
        let next = MaskStream::new(self.masker.clone());
        std::mem::replace(&mut self.streams[stream], next).finish()
    }

    fn refresh_stream(&mut self, stream: usize) -> Vec<u8> {
        let before = self.count;
        self.refresh();
        if before == self.count { Vec::new() } else { self.finish(stream) }
    }

    fn refresh(&mut self) {
        let known = self.secrets.known();
        if known.len() > self.count {
            self.count = known.len();
            self.masker = Masker::new(known.iter().map(|secret| secret.expose_secret().as_bytes()));
        }
    }
}
