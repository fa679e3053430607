use sqlx::Executor;

use super::connection::all;
use super::database::Backend;
use super::sqlite::prepared;
use super::{Database, DatabaseError, FromRow, Result, Row, Statement};

impl Database {
    /// Now, in milliseconds since 1970 UTC, by the clock that all members share: the server's, where there is one.
    pub(crate) async fn now(&self) -> Result<i64> {
        const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        match &self.backend {
            Backend::Sqlite { .. } => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Ok(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Backend::Postgres(pool) => Ok(sqlx::query_scalar(NOW).fetch_one(pool).await?),
        }
    }

    /// Reads one row of what is committed, outside of any transaction.
    pub(crate) async fn fetch_optional<T: FromRow>(&self, statement: Statement) -> Result<Option<T>> {
        match &self.backend {
            Backend::Sqlite { readers, .. } => readers.read(move |db| prepared::fetch_optional(db, &statement)).await,
            Backend::Postgres(pool) => {
                let row = pool.fetch_optional(statement.postgres()).await?.map(Row::Postgres);
                row.as_ref().map(T::from_row).transpose()
            }
        }
    }

    pub(crate) async fn fetch_one<T: FromRow>(&self, statement: Statement) -> Result<T> {
        self.fetch_optional(statement).await?.ok_or_else(DatabaseError::no_row)
    }

    pub(crate) async fn fetch_all<T: FromRow>(&self, statement: Statement) -> Result<Vec<T>> {
        match &self.backend {
            Backend::Sqlite { readers, .. } => readers.read(move |db| prepared::fetch_all(db, &statement)).await,
            Backend::Postgres(pool) => all(pool.fetch_all(statement.postgres()).await?),
        }
    }
}
