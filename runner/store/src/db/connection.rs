use sqlx::sqlite::SqliteConnection;
use sqlx::{Executor, Postgres, Transaction};

use super::{DatabaseError, FromRow, Result, Row, Statement};

/// A connection within a transaction.
pub(crate) enum Connection {
    Sqlite(Box<SqliteConnection>),
    Postgres(Transaction<'static, Postgres>),
}

impl Connection {
    /// The number of rows that changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64> {
        Ok(match self {
            Self::Sqlite(db) => db.execute(statement.sqlite()).await?.rows_affected(),
            Self::Postgres(db) => db.execute(statement.postgres()).await?.rows_affected(),
        })
    }

    pub(crate) async fn fetch_optional<T: FromRow>(&mut self, statement: Statement) -> Result<Option<T>> {
        let row = match self {
            Self::Sqlite(db) => db.fetch_optional(statement.sqlite()).await?.map(Row::Sqlite),
            Self::Postgres(db) => db.fetch_optional(statement.postgres()).await?.map(Row::Postgres),
        };
        row.as_ref().map(T::from_row).transpose()
    }

    pub(crate) async fn fetch_one<T: FromRow>(&mut self, statement: Statement) -> Result<T> {
        self.fetch_optional(statement).await?.ok_or_else(|| DatabaseError::from(sqlx::Error::RowNotFound))
    }

    pub(crate) async fn fetch_all<T: FromRow>(&mut self, statement: Statement) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(db) => all(db.fetch_all(statement.sqlite()).await?, Row::Sqlite),
            Self::Postgres(db) => all(db.fetch_all(statement.postgres()).await?, Row::Postgres),
        }
    }
}

pub(super) fn all<T: FromRow, R>(rows: Vec<R>, wrap: fn(R) -> Row) -> Result<Vec<T>> {
    rows.into_iter().map(|row| T::from_row(&wrap(row))).collect()
}
