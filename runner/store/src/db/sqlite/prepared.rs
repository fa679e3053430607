//! Statements on a connection of SQLite, prepared once each.

use rusqlite::types::{Null, ToSql};
use rusqlite::{CachedStatement, Connection};

use crate::db::statement::Argument;
use crate::db::{DatabaseError, FromRow, Result, Row, Statement};

/// The number of rows that changed.
pub(in crate::db) fn execute(db: &Connection, statement: &Statement) -> Result<u64> {
    let changed = bound(db, statement)?.raw_execute()?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

pub(in crate::db) fn fetch_optional<T: FromRow>(db: &Connection, statement: &Statement) -> Result<Option<T>> {
    let mut statement = bound(db, statement)?;
    let mut rows = statement.raw_query();
    rows.next()?.map(|row| T::from_row(&Row::Sqlite(row))).transpose()
}

pub(in crate::db) fn fetch_all<T: FromRow>(db: &Connection, statement: &Statement) -> Result<Vec<T>> {
    let mut statement = bound(db, statement)?;
    let mut rows = statement.raw_query();
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(T::from_row(&Row::Sqlite(row))?);
    }
    Ok(all)
}

/// For SQLite `$2` is a name: it is the second argument wherever the text mentions it first.
fn bound<'a>(db: &'a Connection, statement: &Statement) -> Result<CachedStatement<'a>> {
    let mut prepared = db.prepare_cached(statement.text())?;
    for index in 1..=prepared.parameter_count() {
        let number = prepared.parameter_name(index).and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let argument = number.and_then(|number| statement.arguments().get(number.checked_sub(1)?));
        prepared.raw_bind_parameter(index, argument.ok_or_else(DatabaseError::no_argument)?)?;
    }
    Ok(prepared)
}

impl ToSql for Argument {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Text(Some(value)) => value.to_sql(),
            Self::Long(Some(value)) => value.to_sql(),
            Self::Int(Some(value)) => value.to_sql(),
            Self::Bytes(Some(value)) => value.to_sql(),
            Self::Uuid(Some(value)) => Ok(value.as_bytes().as_slice().into()),
            Self::Bool(Some(value)) => value.to_sql(),
            _ => Ok(Null.into()),
        }
    }
}
