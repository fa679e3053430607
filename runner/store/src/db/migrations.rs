//! Forward only. The schema's number is written in the transaction that changes the schema; the two databases have the
//! same numbers, and what they come to is compared in a test.

pub(super) mod postgres;
pub(super) mod sqlite;

/// The newest schema that this binary knows.
pub(crate) const LATEST: i64 = sqlite::STEPS.len() as i64;

const _: () = assert!(sqlite::STEPS.len() == postgres::STEPS.len());

/// What is missing in a database of schema `found`.
fn missing(steps: &'static [&'static str], found: i64) -> &'static [&'static str] {
    let done = usize::try_from(found).unwrap_or(0);
    steps.get(done..).unwrap_or_default()
}
