//! Moving everything from SQLite to PostgreSQL: table after table in the order of their references, in pieces, in one
//! transaction there. Nobody writes here meanwhile. Which tables there are is asked of the database.

use rusqlite::types::ValueRef;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, Row as _};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::database::Backend;
use super::sqlite::Access;
use super::statement::storable;
use super::{Database, DatabaseError, Result};

/// A piece has so many rows at most, or so many bytes and one row.
const ROWS: usize = 1_000;
const BYTES: usize = 4 * 1024 * 1024;

/// A table and its columns with the types that they have on PostgreSQL.
struct Table {
    name: String,
    columns: Vec<(String, Type)>,
}

#[derive(Clone, Copy)]
enum Type {
    Text,
    Long,
    Int,
    Bool,
    Bytes,
    Uuid,
}

/// The values of one column of a piece.
enum Column {
    Text(Vec<Option<String>>),
    Long(Vec<Option<i64>>),
    Int(Vec<Option<i32>>),
    Bool(Vec<Option<bool>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Uuid(Vec<Option<Uuid>>),
}

/// A piece of a table, by its place in the order.
struct Piece {
    table: usize,
    rows: u64,
    columns: Vec<Column>,
}

/// Why nothing was copied.
pub(crate) enum NotCopied {
    /// It is not from SQLite to PostgreSQL.
    Kinds,
    /// There is something in this table already.
    NotEmpty(String),
    /// So many rows of a table were read, and so many are there.
    Counts { table: String, read: u64, there: u64 },
}

impl Database {
    /// Copies everything; how many rows. `told` hears which table it is at and how many rows of it are done.
    pub(crate) async fn copy_to(
        &self,
        target: &Self,
        told: &(dyn Fn(&str, u64) + Send + Sync),
    ) -> Result<std::result::Result<u64, NotCopied>> {
        let (Backend::Sqlite { readers, .. }, Backend::Postgres(pool)) = (&self.backend, &target.backend) else {
            return Ok(Err(NotCopied::Kinds));
        };
        let source = readers.place().connect(Access::Write)?;
        let names = in_order(&source)?;
        let mut transaction = pool.begin().await?;
        let mut tables = Vec::new();
        for name in names {
            let columns = columns(&mut transaction, &name).await?;
            if name != "meta" && count(&mut transaction, &name).await? > 0 {
                return Ok(Err(NotCopied::NotEmpty(name)));
            }
            tables.push(Table { name, columns });
        }
        // What the schema's steps have put there comes again.
        sqlx::query("DELETE FROM meta").execute(&mut *transaction).await?;
        let (sender, mut pieces) = mpsc::channel(2);
        let tables = std::sync::Arc::new(tables);
        let wanted = std::sync::Arc::clone(&tables);
        let reading = tokio::task::spawn_blocking(move || read(&source, &wanted, &sender));
        let mut counts = vec![0; tables.len()];
        while let Some(piece) = pieces.recv().await {
            let Piece { table, rows, columns } = piece;
            let first = counts[table] + 1;
            counts[table] += rows;
            let place = || format!("table `{}`, rows {first} to {}", tables[table].name, counts[table]);
            insert(&mut transaction, &tables[table], columns).await.map_err(|error| error.at(place()))?;
            told(&tables[table].name, counts[table]);
        }
        reading.await.map_err(|_| DatabaseError::closed())??;
        for (table, read) in tables.iter().zip(&counts) {
            let there = count(&mut transaction, &table.name).await?;
            if there != *read {
                return Ok(Err(NotCopied::Counts { table: table.name.clone(), read: *read, there }));
            }
        }
        // None of these members works there; whatever they ran is to be settled by whoever does.
        sqlx::query("UPDATE member SET lease_until = 0").execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Ok(counts.iter().sum()))
    }
}

/// The tables, each after those that it refers to.
fn in_order(source: &rusqlite::Connection) -> Result<Vec<String>> {
    const TABLES: &str =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    const REFERS: &str = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?1) WHERE \"table\" <> ?1";
    let texts = |text: &str, arguments: &[&str]| -> Result<Vec<String>> {
        let mut statement = source.prepare(text)?;
        let rows = statement.query_map(rusqlite::params_from_iter(arguments), |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    let mut left = texts(TABLES, &[])?;
    let mut ordered: Vec<String> = Vec::new();
    while !left.is_empty() {
        let mut rest = Vec::new();
        for name in std::mem::take(&mut left) {
            let ready = texts(REFERS, &[&name])?.iter().all(|other| ordered.contains(other));
            if ready { ordered.push(name) } else { rest.push(name) }
        }
        left = rest;
    }
    Ok(ordered)
}

async fn columns(target: &mut PgConnection, table: &str) -> Result<Vec<(String, Type)>> {
    const SQL: &str = "SELECT column_name::text, data_type::text FROM information_schema.columns \
                       WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position";
    let rows = sqlx::query(SQL).bind(table).fetch_all(target).await?;
    let one = |row: &sqlx::postgres::PgRow| -> sqlx::Result<(String, Type)> {
        let of_type = match row.try_get::<String, _>(1)?.as_str() {
            "bigint" => Type::Long,
            "integer" => Type::Int,
            "boolean" => Type::Bool,
            "bytea" => Type::Bytes,
            "uuid" => Type::Uuid,
            _ => Type::Text,
        };
        Ok((row.try_get(0)?, of_type))
    };
    Ok(rows.iter().map(one).collect::<sqlx::Result<_>>()?)
}

async fn count(target: &mut PgConnection, table: &str) -> Result<u64> {
    let counted: i64 =
        sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}"))).fetch_one(target).await?;
    Ok(u64::try_from(counted).unwrap_or_default())
}

/// Reads everything and lets nobody write meanwhile. It ends early when nobody takes the pieces.
fn read(source: &rusqlite::Connection, tables: &[Table], pieces: &mpsc::Sender<Piece>) -> Result<()> {
    source.execute_batch("BEGIN IMMEDIATE")?;
    for (number, table) in tables.iter().enumerate() {
        let all = read_table(source, number, table, pieces);
        if !all.map_err(|error| error.at(format!("table `{}`", table.name)))? {
            return Ok(());
        }
    }
    source.execute_batch("ROLLBACK")?;
    Ok(())
}

/// Whether somebody took all of the table.
fn read_table(
    source: &rusqlite::Connection,
    number: usize,
    table: &Table,
    pieces: &mpsc::Sender<Piece>,
) -> Result<bool> {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut statement = source.prepare(&format!("SELECT {} FROM {}", names.join(", "), table.name))?;
    let mut rows = statement.query([])?;
    let (mut piece, mut bytes) = (Piece::new(number, table), 0);
    while let Some(row) = rows.next()? {
        bytes += piece.push(row)?;
        if piece.rows as usize >= ROWS || bytes >= BYTES {
            if pieces.blocking_send(std::mem::replace(&mut piece, Piece::new(number, table))).is_err() {
                return Ok(false);
            }
            bytes = 0;
        }
    }
    Ok(piece.rows == 0 || pieces.blocking_send(piece).is_ok())
}

impl Piece {
    fn new(table: usize, of: &Table) -> Self {
        let column = |of_type: Type| match of_type {
            Type::Text => Column::Text(Vec::new()),
            Type::Long => Column::Long(Vec::new()),
            Type::Int => Column::Int(Vec::new()),
            Type::Bool => Column::Bool(Vec::new()),
            Type::Bytes => Column::Bytes(Vec::new()),
            Type::Uuid => Column::Uuid(Vec::new()),
        };
        Self { table, rows: 0, columns: of.columns.iter().map(|(_, of_type)| column(*of_type)).collect() }
    }

    /// Adds a row; about how many bytes it has.
    fn push(&mut self, row: &rusqlite::Row<'_>) -> Result<usize> {
        let mut bytes = 0;
        for (index, column) in self.columns.iter_mut().enumerate() {
            bytes += match row.get_ref(index)? {
                ValueRef::Text(text) => text.len(),
                ValueRef::Blob(blob) => blob.len(),
                _ => 8,
            };
            match column {
                Column::Text(values) => values.push(row.get::<_, Option<String>>(index)?.map(storable)),
                Column::Long(values) => values.push(row.get(index)?),
                Column::Int(values) => values.push(row.get(index)?),
                Column::Bool(values) => values.push(row.get(index)?),
                Column::Bytes(values) => values.push(row.get(index)?),
                Column::Uuid(values) => values.push(row.get(index)?),
            }
        }
        self.rows += 1;
        Ok(bytes)
    }
}

async fn insert(target: &mut PgConnection, table: &Table, columns: Vec<Column>) -> Result<()> {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
    let arguments: Vec<String> = (1..=names.len()).map(|number| format!("${number}")).collect();
    let names = names.join(", ");
    let text = format!(
        "INSERT INTO {} ({names}) SELECT {names} FROM unnest({}) AS read ({names})",
        table.name,
        arguments.join(", ")
    );
    let query = columns.into_iter().fold(sqlx::query(AssertSqlSafe(text)), bound);
    query.execute(target).await?;
    Ok(())
}

fn bound(query: Query<'static, Postgres, PgArguments>, column: Column) -> Query<'static, Postgres, PgArguments> {
    match column {
        Column::Text(values) => query.bind(values),
        Column::Long(values) => query.bind(values),
        Column::Int(values) => query.bind(values),
        Column::Bool(values) => query.bind(values),
        Column::Bytes(values) => query.bind(values),
        Column::Uuid(values) => query.bind(values),
    }
}
