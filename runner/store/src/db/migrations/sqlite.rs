//! The schema's number is SQLite's `user_version`.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::{LATEST, SERVES, missing, serves, serves_name};

/// The text of each schema step; the first makes schema 1.
pub(in crate::db) const STEPS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_first.sql"),
    include_str!("../../../migrations/sqlite/0002_contained.sql"),
    include_str!("../../../migrations/sqlite/0003_jobs.sql"),
    include_str!("../../../migrations/sqlite/0004_settled.sql"),
    include_str!("../../../migrations/sqlite/0005_keys.sql"),
    include_str!("../../../migrations/sqlite/0006_accounts.sql"),
    include_str!("../../../migrations/sqlite/0007_cluster.sql"),
    include_str!("../../../migrations/sqlite/0008_schedules.sql"),
    include_str!("../../../migrations/sqlite/0009_notifications.sql"),
];

/// The schema of a database; 0 when it has none of ours.
pub(in crate::db) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Whether this Windlass may work with a database of a newer schema.
pub(in crate::db) fn may_serve(connection: &Connection, found: i64) -> rusqlite::Result<bool> {
    let Some(name) = serves_name(found) else { return Ok(false) };
    let said: Option<String> = connection.query_row(SERVES, [name], |row| row.get(0)).optional()?;
    Ok(serves(said.as_deref()))
}

/// Applies what is missing, in one transaction, and returns the schema. Another process may have done so meanwhile.
pub(in crate::db) fn migrate(connection: &mut Connection) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    let missing = missing(STEPS, found);
    for step in missing {
        transaction.execute_batch(step)?;
    }
    if !missing.is_empty() {
        transaction.pragma_update(None, "user_version", LATEST)?;
    }
    transaction.commit()?;
    Ok(found.max(LATEST))
}
