use uuid::Uuid;

use crate::LogChunk;
use crate::db::{self, Connection, sql};
use crate::packed::Packed;

pub(crate) async fn chart(
    db: &mut Connection,
    execution: Uuid,
    position: i32,
    name: &str,
    definition: &str,
) -> db::Result<u64> {
    const SQL: &str = "INSERT INTO chart (execution, position, name, definition) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (execution, position, name) DO UPDATE SET definition = excluded.definition";
    db.execute(sql(SQL).bind(execution).bind(position).bind(name).bind(definition)).await
}

pub(crate) async fn log(
    db: &mut Connection,
    execution: Uuid,
    position: i32,
    chunk: &LogChunk,
    packed: Packed,
) -> db::Result<u64> {
    const SQL: &str = "INSERT INTO log_chunk (execution, position, seq, stream, first_at, last_at, lines, bytes, data) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let statement = sql(SQL).bind(execution).bind(position).bind(chunk.seq).bind(chunk.stream.as_str());
    let statement = statement.bind(chunk.first_at).bind(chunk.last_at).bind(packed.lines);
    db.execute(statement.bind(packed.bytes).bind(packed.data)).await
}

/// Counts more bytes of a file, and makes the file when these are its first.
pub(crate) async fn file(
    db: &mut Connection,
    execution: Uuid,
    position: i32,
    name: &str,
    content_type: &str,
    bytes: i64,
) -> db::Result<u64> {
    const SQL: &str = "INSERT INTO artifact (execution, position, name, columns, rows, bytes, content_type) \
        VALUES ($1, $2, $3, '[]', 0, $4, $5) ON CONFLICT (execution, position, name) DO UPDATE \
        SET bytes = artifact.bytes + excluded.bytes";
    db.execute(sql(SQL).bind(execution).bind(position).bind(name).bind(bytes).bind(content_type)).await
}

/// Counts more rows of a table, and makes the table when these are its first.
pub(crate) async fn table(
    db: &mut Connection,
    execution: Uuid,
    position: i32,
    name: &str,
    columns: &str,
    rows: i64,
    bytes: i64,
) -> db::Result<u64> {
    const SQL: &str = "INSERT INTO artifact (execution, position, name, columns, rows, bytes) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (execution, position, name) DO UPDATE \
        SET columns = excluded.columns, rows = artifact.rows + excluded.rows, bytes = artifact.bytes + excluded.bytes";
    db.execute(sql(SQL).bind(execution).bind(position).bind(name).bind(columns).bind(rows).bind(bytes)).await
}

pub(crate) async fn rows(
    db: &mut Connection,
    execution: Uuid,
    position: i32,
    table: &str,
    seq: i64,
    rows: i64,
    packed: Packed,
) -> db::Result<u64> {
    const SQL: &str = "INSERT INTO artifact_chunk (execution, position, name, seq, rows, bytes, data) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = sql(SQL).bind(execution).bind(position).bind(table).bind(seq).bind(rows);
    db.execute(statement.bind(packed.bytes).bind(packed.data)).await
}
