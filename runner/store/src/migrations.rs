//! Forward only. The schema's number is SQLite's `user_version`, written in the transaction that changes the schema.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

/// The text of each schema step; the first makes schema 1.
const STEPS: &[&str] = &[include_str!("../migrations/sqlite/0001_first.sql")];

/// The newest schema that this binary knows.
pub(crate) const LATEST: i64 = STEPS.len() as i64;

/// The schema of a database; 0 when it has none of ours.
pub(crate) async fn version(connection: &mut SqliteConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await
}

/// Applies what is missing, in one transaction. Another process may have done so meanwhile.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let done = usize::try_from(version(&mut transaction).await?).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        transaction.execute(sqlx::raw_sql(*step)).await?;
    }
    if done < STEPS.len() {
        transaction.execute(AssertSqlSafe(format!("PRAGMA user_version = {LATEST}"))).await?;
    }
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{fresh, running};

    #[tokio::test]
    async fn migrating_again_changes_nothing() {
        let (_folder, store) = fresh().await;
        let id = running(&store).await;
        let mut writer = store.writer().await.unwrap();
        assert_eq!(version(&mut writer).await.unwrap(), LATEST);
        migrate(&mut writer).await.unwrap();
        assert_eq!(version(&mut writer).await.unwrap(), LATEST);
        writer.done();
        assert!(store.execution(id).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_step_that_fails_leaves_the_schema_as_it_was() {
        let (_folder, store) = fresh().await;
        let mut writer = store.writer().await.unwrap();
        sqlx::query("PRAGMA user_version = 0").execute(&mut *writer).await.unwrap();
        sqlx::query("DROP TABLE execution").execute(&mut *writer).await.unwrap();
        migrate(&mut writer).await.unwrap_err(); // `execution` is made again, then `step_execution` is in the way
        drop(writer);
        let mut writer = store.writer().await.unwrap();
        assert_eq!(version(&mut writer).await.unwrap(), 0);
        sqlx::query("SELECT * FROM execution").execute(&mut *writer).await.unwrap_err();
    }
}
