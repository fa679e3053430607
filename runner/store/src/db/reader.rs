use sqlx::Executor;

use super::connection::all;
use super::database::Backend;
use super::{Database, DatabaseError, FromRow, Result, Row, Statement};

impl Database {
    /// Reads one row of what is committed, outside of any transaction.
    pub(crate) async fn fetch_optional<T: FromRow>(&self, statement: Statement) -> Result<Option<T>> {
        let row = match &self.backend {
            Backend::Sqlite { readers, .. } => readers.fetch_optional(statement.sqlite()).await?.map(Row::Sqlite),
            Backend::Postgres(pool) => pool.fetch_optional(statement.postgres()).await?.map(Row::Postgres),
        };
        row.as_ref().map(T::from_row).transpose()
    }

    pub(crate) async fn fetch_one<T: FromRow>(&self, statement: Statement) -> Result<T> {
        self.fetch_optional(statement).await?.ok_or_else(|| DatabaseError::from(sqlx::Error::RowNotFound))
    }

    pub(crate) async fn fetch_all<T: FromRow>(&self, statement: Statement) -> Result<Vec<T>> {
        match &self.backend {
            Backend::Sqlite { readers, .. } => all(readers.fetch_all(statement.sqlite()).await?, Row::Sqlite),
            Backend::Postgres(pool) => all(pool.fetch_all(statement.postgres()).await?, Row::Postgres),
        }
    }
}
