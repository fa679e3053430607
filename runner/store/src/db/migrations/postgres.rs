//! The schema's number lies in a table of its own.

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};

use super::{LATEST, SERVES, missing, serves, serves_name};

/// The text of each schema step; the first makes schema 1.
pub(in crate::db) const STEPS: &[&str] = &[
    include_str!("../../../migrations/postgres/0001_first.sql"),
    include_str!("../../../migrations/postgres/0002_contained.sql"),
    include_str!("../../../migrations/postgres/0003_jobs.sql"),
    include_str!("../../../migrations/postgres/0004_settled.sql"),
    include_str!("../../../migrations/postgres/0005_keys.sql"),
    include_str!("../../../migrations/postgres/0006_accounts.sql"),
    include_str!("../../../migrations/postgres/0007_cluster.sql"),
    include_str!("../../../migrations/postgres/0008_schedules.sql"),
    include_str!("../../../migrations/postgres/0009_notifications.sql"),
];

/// Held while the schema is changed: "windlass" in ASCII.
const LOCK: i64 = i64::from_be_bytes(*b"windlass");

/// The schema of a database; 0 when it has none of ours.
pub(in crate::db) async fn version(connection: &mut PgConnection) -> sqlx::Result<i64> {
    // Not `to_regclass`, which may answer from what this session knew before it waited for the lock.
    const THERE: &str = "SELECT EXISTS (SELECT 1 FROM pg_class \
                         WHERE relname = 'windlass_schema' AND relkind = 'r' AND pg_table_is_visible(oid))";
    if !sqlx::query_scalar::<_, bool>(THERE).fetch_one(&mut *connection).await? {
        return Ok(0);
    }
    let version: Option<i64> =
        sqlx::query_scalar("SELECT version FROM windlass_schema").fetch_optional(connection).await?;
    Ok(version.unwrap_or(0))
}

/// Whether this Windlass may work with a database of a newer schema.
pub(in crate::db) async fn may_serve(connection: &mut PgConnection, found: i64) -> sqlx::Result<bool> {
    let Some(name) = serves_name(found) else { return Ok(false) };
    let said: Option<String> = sqlx::query_scalar(SERVES).bind(name).fetch_optional(connection).await?;
    Ok(serves(said.as_deref()))
}

/// Applies what is missing, in one transaction, and returns the schema. Other processes wait, and find it done.
pub(in crate::db) async fn migrate(connection: &mut PgConnection) -> sqlx::Result<i64> {
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
    let found = version(&mut transaction).await?;
    let missing = missing(STEPS, found);
    for step in missing {
        transaction.execute(sqlx::raw_sql(*step)).await?;
    }
    if !missing.is_empty() {
        transaction.execute("CREATE TABLE IF NOT EXISTS windlass_schema (version BIGINT NOT NULL)").await?;
        transaction.execute("DELETE FROM windlass_schema").await?;
        let record = sqlx::query("INSERT INTO windlass_schema (version) VALUES ($1)").bind(LATEST);
        record.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(found.max(LATEST))
}
