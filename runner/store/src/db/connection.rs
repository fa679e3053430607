use sqlx::{Executor, Postgres, Transaction};

use super::sqlite::prepared;
use super::{DatabaseError, FromRow, Result, Row, Statement};

/// A connection within a transaction. On SQLite nothing here waits for another thread.
pub(crate) enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(Transaction<'static, Postgres>),
}

impl Connection {
    /// The number of rows that changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64> {
        match self {
            Self::Sqlite(db) => prepared::execute(db, &statement),
            Self::Postgres(db) => Ok(db.execute(statement.postgres()).await?.rows_affected()),
        }
    }

    pub(crate) async fn fetch_optional<T: FromRow>(&mut self, statement: Statement) -> Result<Option<T>> {
        match self {
            Self::Sqlite(db) => prepared::fetch_optional(db, &statement),
            Self::Postgres(db) => {
                let row = db.fetch_optional(statement.postgres()).await?.map(Row::Postgres);
                row.as_ref().map(T::from_row).transpose()
            }
        }
    }

    pub(crate) async fn fetch_one<T: FromRow>(&mut self, statement: Statement) -> Result<T> {
        self.fetch_optional(statement).await?.ok_or_else(DatabaseError::no_row)
    }

    pub(crate) async fn fetch_all<T: FromRow>(&mut self, statement: Statement) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(db) => prepared::fetch_all(db, &statement),
            Self::Postgres(db) => all(db.fetch_all(statement.postgres()).await?),
        }
    }
}

pub(super) fn all<T: FromRow>(rows: Vec<sqlx::postgres::PgRow>) -> Result<Vec<T>> {
    rows.into_iter().map(|row| T::from_row(&Row::Postgres(row))).collect()
}
