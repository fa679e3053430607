use secrecy::SecretSlice;
use serde::Deserialize;
use serde_json::Value;
use windlass_settings::MountedStore;

use crate::parameter_store::ParameterStore;
use crate::secrets_manager::SecretsManager;

/// How a store is asked, and what its answers mean.
pub(crate) trait Store: Send + Sync {
    /// The endpoint prefix of its service.
    fn service(&self) -> &'static str;

    /// What it calls a secret.
    fn noun(&self) -> &'static str;

    /// The IAM actions of what is asked.
    fn actions(&self) -> [&'static str; 2];

    /// Asks for the value of a secret.
    fn read(&self, name: &str) -> Asked;

    /// The value.
    fn value(&self, answer: &[u8]) -> Result<SecretSlice<u8>, Unreadable>;

    /// Asks for a page of the secrets whose names begin so.
    fn page(&self, prefix: &str, after: Option<&str>) -> Asked;

    /// The page.
    fn listed(&self, answer: &[u8]) -> Result<Page, Unreadable>;

    /// The code of a secret that is not there.
    fn absent(&self) -> &'static str;
}

pub(crate) fn store(of: MountedStore) -> &'static dyn Store {
    match of {
        MountedStore::SecretsManager => &SecretsManager,
        MountedStore::ParameterStore => &ParameterStore,
    }
}

/// An operation and its input.
pub(crate) struct Asked {
    /// `X-Amz-Target`.
    pub(crate) target: &'static str,
    /// The IAM action that allows it.
    pub(crate) action: &'static str,
    pub(crate) input: Value,
}

pub(crate) struct Page {
    pub(crate) secrets: Vec<Listed>,
    pub(crate) next: Option<String>,
}

/// A secret, without its value; times in milliseconds UTC.
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) version: Option<i64>,
    pub(crate) created_at: Option<i64>,
    pub(crate) updated_at: Option<i64>,
}

/// What is wrong with an answer, in words that repeat nothing of it.
#[derive(Debug)]
pub(crate) struct Unreadable(pub(crate) String);

pub(crate) fn parse<'a, T: Deserialize<'a>>(answer: &'a [u8]) -> Result<T, Unreadable> {
    // The parser's own message could quote what it read.
    serde_json::from_slice(answer)
        .map_err(|error| Unreadable(format!("line {}, column {} is unexpected", error.line(), error.column())))
}

/// Seconds since 1970, as JSON 1.1 has times, in milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds fit for millions of years, and `as` saturates")]
pub(crate) fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}
