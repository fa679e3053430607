use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;

use schemars::JsonSchema;
use serde::Serialize;

/// What the system said to one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Whether it worked.
    pub(crate) ok: bool,
    /// The number of the system's error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) errno: Option<i32>,
    /// What was seen, or the error's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
}

/// Attempts by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attempts {
    pub(crate) attempts: BTreeMap<String, Attempt>,
}

impl Attempt {
    /// It worked, and this was seen.
    pub(crate) fn saw(detail: impl Display) -> Self {
        Self { ok: true, errno: None, detail: Some(detail.to_string()) }
    }

    /// It did not work, for a reason that has no number.
    pub(crate) fn failed(why: impl Display) -> Self {
        Self { ok: false, errno: None, detail: Some(why.to_string()) }
    }
}

impl<T> From<io::Result<T>> for Attempt {
    fn from(result: io::Result<T>) -> Self {
        match result {
            Ok(_) => Self { ok: true, errno: None, detail: None },
            Err(error) => Self { errno: error.raw_os_error(), ..Self::failed(error) },
        }
    }
}

impl Attempts {
    pub(crate) fn one(name: &str, attempt: impl Into<Attempt>) -> Self {
        let mut attempts = Self::default();
        attempts.add(name, attempt);
        attempts
    }

    pub(crate) fn add(&mut self, name: impl Into<String>, attempt: impl Into<Attempt>) {
        self.attempts.insert(name.into(), attempt.into());
    }
}
