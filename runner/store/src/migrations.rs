//! Forward only. The schema's number is SQLite's `user_version`, written in the transaction that changes the schema.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

/// The text of each schema step; the first makes schema 1.
const STEPS: &[&str] =
    &[include_str!("../migrations/sqlite/0001_first.sql"), include_str!("../migrations/sqlite/0002_contained.sql")];

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
    async fn a_database_of_the_first_schema_keeps_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("old.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).create_if_missing(true);
        let mut old = SqliteConnection::connect_with(&options).await.unwrap();
        old.execute(sqlx::raw_sql(STEPS[0])).await.unwrap();
        let rows = "INSERT INTO execution VALUES (x'01', '10', 'web', 'j', '', '{}', 'running', NULL, NULL, 1, 2, NULL); \
            INSERT INTO step_execution VALUES (x'01', 0, 's', 'a/b', 'running', NULL, NULL, NULL, NULL, 3, NULL); \
            PRAGMA user_version = 1";
        old.execute(sqlx::raw_sql(rows)).await.unwrap();
        migrate(&mut old).await.unwrap();
        let sql = "SELECT step, started_at, containment IS NULL AND checkpoint IS NULL FROM step_execution";
        let row: (String, i64, bool) = sqlx::query_as(sql).fetch_one(&mut old).await.unwrap();
        assert_eq!((row, version(&mut old).await.unwrap()), (("s".to_owned(), 3, true), LATEST));
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
