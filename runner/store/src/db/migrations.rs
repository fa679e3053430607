//! Forward only. The schema's number is written in the transaction that changes the schema; the two databases have the
//! same numbers, and what they come to is compared in a test.
//!
//! A step that leaves alone what a Windlass of the schema before relies on may say so: it puts into `meta`, as
//! `schema.NUMBER.serves`, the oldest schema whose Windlass may go on with a database of schema NUMBER. Then the members of an
//! installation can be brought up to date one after another. One that runs already goes on whatever a step says.

pub(super) mod postgres;
pub(super) mod sqlite;

/// The newest schema that this binary knows.
pub(crate) const LATEST: i64 = sqlite::STEPS.len() as i64;

const _: () = assert!(sqlite::STEPS.len() == postgres::STEPS.len());

/// What a step says about those that know only the schema before.
const SERVES: &str = "SELECT value FROM meta WHERE name = $1";

/// The name of what the step to schema `found` says, if a Windlass of [`LATEST`] is to look for it.
fn serves_name(found: i64) -> Option<String> {
    (found == LATEST + 1).then(|| format!("schema.{found}.serves"))
}

/// Whether what a step says is that a Windlass of [`LATEST`] may go on.
fn serves(oldest: Option<&str>) -> bool {
    oldest.and_then(|oldest| oldest.parse::<i64>().ok()).is_some_and(|oldest| oldest <= LATEST)
}

/// What is missing in a database of schema `found`.
fn missing(steps: &'static [&'static str], found: i64) -> &'static [&'static str] {
    let done = usize::try_from(found).unwrap_or(0);
    steps.get(done..).unwrap_or_default()
}
