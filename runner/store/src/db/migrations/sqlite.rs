//! The schema's number is SQLite's `user_version`.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::{LATEST, missing};

/// The text of each schema step; the first makes schema 1.
pub(in crate::db) const STEPS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_first.sql"),
    include_str!("../../../migrations/sqlite/0002_contained.sql"),
    include_str!("../../../migrations/sqlite/0003_jobs.sql"),
];

/// The schema of a database; 0 when it has none of ours.
pub(in crate::db) async fn version(connection: &mut SqliteConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await
}

/// Applies what is missing, in one transaction, and returns the schema. Another process may have done so meanwhile.
pub(in crate::db) async fn migrate(connection: &mut SqliteConnection) -> sqlx::Result<i64> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let found = version(&mut transaction).await?;
    let missing = missing(STEPS, found);
    for step in missing {
        transaction.execute(sqlx::raw_sql(*step)).await?;
    }
    if !missing.is_empty() {
        transaction.execute(AssertSqlSafe(format!("PRAGMA user_version = {LATEST}"))).await?;
    }
    transaction.commit().await?;
    Ok(found.max(LATEST))
}
