use std::str::FromStr;

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use super::Result;
use crate::UnknownWord;

/// A row of a result.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A type that is read from a row.
pub(crate) trait FromRow: Sized {
    fn from_row(row: &Row) -> Result<Self>;
}

/// A type that a column can have in both databases.
pub(crate) trait Column:
    Type<Sqlite> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres>
{
}

impl<T> Column for T where T: Type<Sqlite> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres> {}

impl Row {
    /// A column by its name. An INTEGER is an `i32`, a BIGINT an `i64`.
    pub(crate) fn get<T: Column>(&self, column: &str) -> Result<T> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }?)
    }

    /// A word of a closed set from a text column.
    pub(crate) fn word<T: FromStr<Err = UnknownWord>>(&self, column: &str) -> Result<T> {
        let text: String = self.get(column)?;
        let decoded = text.parse().map_err(|source: UnknownWord| sqlx::Error::ColumnDecode {
            index: column.to_owned(),
            source: source.into(),
        });
        Ok(decoded?)
    }

    fn first<T: Column>(&self) -> Result<T> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(0),
            Self::Postgres(row) => row.try_get(0),
        }?)
    }
}

/// A row of one column is that column.
macro_rules! of_one_column {
    ($($type:ty),*) => {$(
        impl FromRow for $type {
            fn from_row(row: &Row) -> Result<Self> {
                row.first()
            }
        }
    )*};
}

of_one_column!(String, i64, bool, uuid::Uuid, Vec<u8>, Option<String>, Option<i64>, Option<uuid::Uuid>);
