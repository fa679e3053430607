//! Both databases have the same tables, as far as they can.

use std::collections::BTreeSet;

use crate::Store;
use crate::db::{FromRow, Result, Row, Statement, sql};
use crate::testing::Ground;

/// One fact about a schema, in words that are the same for both.
struct Fact(String);

impl FromRow for Fact {
    fn from_row(row: &Row) -> Result<Self> {
        row.get("fact").map(Self)
    }
}

/// The types of SQLite as PostgreSQL has them. A `BLOB` is an id or bytes.
const COLUMNS: [&str; 2] = [
    "SELECT m.name || '.' || c.name || ' ' || lower(c.type) || CASE c.\"notnull\" WHEN 1 THEN ' not null' ELSE '' END \
        || coalesce(' default ' || lower(c.dflt_value), '') AS fact \
     FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
    "SELECT table_name || '.' || column_name || ' ' \
        || CASE WHEN data_type IN ('uuid', 'bytea') THEN 'blob' ELSE data_type END \
        || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END \
        || coalesce(' default ' || lower(split_part(column_default, '::', 1)), '') AS fact \
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'windlass_schema'",
];

const KEYS: [&str; 2] = [
    "SELECT m.name || ': ' || group_concat(c.name, ', ' ORDER BY c.pk) AS fact \
     FROM sqlite_master m, pragma_table_info(m.name) c \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.pk > 0 GROUP BY m.name",
    "SELECT r.relname || ': ' || (SELECT string_agg(a.attname, ', ' ORDER BY k.place) \
        FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place) \
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) AS fact \
     FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid \
     WHERE c.contype = 'p' AND c.connamespace = 'public'::regnamespace",
];

/// Primary keys are indexes of their own, with names that differ.
const INDEXES: [&str; 2] = [
    "SELECT m.name || CASE i.\"unique\" WHEN 1 THEN ' unique' ELSE '' END || CASE i.partial WHEN 1 THEN ' partial' ELSE '' END \
        || ': ' || (SELECT group_concat(c.name, ', ' ORDER BY c.seqno) FROM pragma_index_info(i.name) c) AS fact \
     FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin <> 'pk'",
    "SELECT r.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END \
        || CASE WHEN i.indpred IS NOT NULL THEN ' partial' ELSE '' END \
        || ': ' || (SELECT string_agg(a.attname, ', ' ORDER BY k.place) \
            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place) \
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number) AS fact \
     FROM pg_index i JOIN pg_class r ON r.oid = i.indrelid JOIN pg_namespace n ON n.oid = r.relnamespace \
     WHERE n.nspname = 'public' AND NOT i.indisprimary",
];

const REFERENCES: [&str; 2] = [
    "SELECT m.name || ' (' || group_concat(f.\"from\", ', ' ORDER BY f.seq) || ') ' || f.\"table\" || ' (' \
        || group_concat(f.\"to\", ', ' ORDER BY f.seq) || ') ' || lower(f.on_delete) AS fact \
     FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' GROUP BY m.name, f.id",
    "SELECT r.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY k.place) \
            FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place) \
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) \
        || ') ' || o.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY k.place) \
            FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place) \
            JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number) \
        || ') ' || CASE c.confdeltype WHEN 'c' THEN 'cascade' WHEN 'a' THEN 'no action' ELSE c.confdeltype::text END AS fact \
     FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_class o ON o.oid = c.confrelid \
     WHERE c.contype = 'f'",
];

async fn facts(store: &Store, text: &'static str) -> BTreeSet<String> {
    let facts: Vec<Fact> = store.db().fetch_all(sql(text)).await.unwrap();
    facts.into_iter().map(|Fact(fact)| fact).collect()
}

#[tokio::test]
async fn the_two_schemas_say_the_same() {
    let (small, large) = (Ground::sqlite(), Ground::postgres());
    let (small, large) = (small.open().await, large.open().await);
    for [of_small, of_large] in [COLUMNS, KEYS, INDEXES, REFERENCES] {
        let (sqlite, postgres) = (facts(&small, of_small).await, facts(&large, of_large).await);
        assert!(sqlite.len() > 5, "{sqlite:?}");
        let only = |of: &BTreeSet<String>, other: &BTreeSet<String>| of.difference(other).cloned().collect::<Vec<_>>();
        assert_eq!((only(&sqlite, &postgres), only(&postgres, &sqlite)), (vec![], vec![]));
    }
}

/// What is read by ranges or listed in order is ordered by bytes, whatever the language of the server.
#[tokio::test]
async fn text_that_is_read_in_order_is_ordered_by_bytes() {
    let ground = Ground::postgres();
    let store = ground.open().await;
    for (table, column) in [
        ("execution", "reversed_id"),
        ("execution", "project"),
        ("execution", "job_key"),
        ("secret", "path"),
        ("execution_secret", "name"),
        ("job", "name"),
        ("artifact", "name"),
        ("account_version", "scope"),
        ("account_version", "name"),
    ] {
        let text = format!(
            "SELECT collation_name AS fact FROM information_schema.columns \
             WHERE table_name = '{table}' AND column_name = '{column}'"
        );
        let Fact(collation) = store.db().fetch_one(Statement::assembled(text)).await.unwrap();
        assert_eq!(collation, "C", "{table}.{column}");
    }
}
