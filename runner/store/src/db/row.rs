use std::str::FromStr;

use rusqlite::types::FromSql;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row as _, Type};

use super::{DatabaseError, Result};
use crate::UnknownWord;

/// A row of a result.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(PgRow),
}

/// A type that is read from a row.
pub(crate) trait FromRow: Sized + Send + 'static {
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

/// A type that a column can have in both databases.
pub(crate) trait Column: FromSql + Type<Postgres> + for<'r> Decode<'r, Postgres> {}

impl<T> Column for T where T: FromSql + Type<Postgres> + for<'r> Decode<'r, Postgres> {}

impl Row<'_> {
    /// A column by its name. An INTEGER is an `i32`, a BIGINT an `i64`.
    pub(crate) fn get<T: Column>(&self, column: &str) -> Result<T> {
        Ok(match self {
            Self::Sqlite(row) => row.get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    /// A word of a closed set from a text column.
    pub(crate) fn word<T: FromStr<Err = UnknownWord>>(&self, column: &str) -> Result<T> {
        let text: String = self.get(column)?;
        text.parse().map_err(|source| DatabaseError::word(column, source))
    }

    fn first<T: Column>(&self) -> Result<T> {
        Ok(match self {
            Self::Sqlite(row) => row.get(0)?,
            Self::Postgres(row) => row.try_get(0)?,
        })
    }
}

/// A row of one column is that column.
macro_rules! of_one_column {
    ($($type:ty),*) => {$(
        impl FromRow for $type {
            fn from_row(row: &Row<'_>) -> Result<Self> {
                row.first()
            }
        }
    )*};
}

of_one_column!(String, i64, bool, uuid::Uuid, Vec<u8>, Option<String>, Option<i64>, Option<uuid::Uuid>);
