//! The beginnings of a step's tables, which expressions may look into.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::sync::OnceCell;
use uuid::Uuid;
use windlass_jobs::TableFacts;
use windlass_store::{Store, StoreError, TableRow};

/// How many rows of a table expressions see.
const ROWS: usize = TableFacts::MOST_ROWS;
/// How many bytes of all its tables together, as JSON. What is not seen by expressions is kept all the same.
const BYTES: usize = 4 * 1024 * 1024;

/// Collects the first rows of each table while they come, as they are: they are taken apart only for expressions.
#[derive(Default)]
pub(crate) struct Beginnings {
    tables: BTreeMap<String, Beginning>,
    bytes: usize,
}

#[derive(Default)]
struct Beginning {
    columns: Vec<String>,
    /// JSON arrays.
    rows: Vec<Vec<u8>>,
    count: u64,
}

impl Beginning {
    fn facts(self) -> TableFacts {
        let rows = self.rows.iter().filter_map(|row| serde_json::from_slice::<Vec<Value>>(row).ok());
        let object = |row: Vec<Value>| {
            let cells = row.into_iter().chain(std::iter::repeat(Value::Null));
            Value::Object(self.columns.iter().cloned().zip(cells).collect())
        };
        TableFacts { rows: rows.map(object).collect(), count: self.count }
    }
}

impl Beginnings {
    pub(crate) fn table(&mut self, name: &str, columns: &[String]) {
        self.tables.entry(name.to_owned()).or_default().columns = columns.to_vec();
    }

    /// More rows, one JSON array a line.
    pub(crate) fn rows(&mut self, name: &str, lines: &[u8], count: usize) {
        let Some(table) = self.tables.get_mut(name) else { return };
        table.count += u64::try_from(count).unwrap_or(u64::MAX);
        let missing = ROWS.saturating_sub(table.rows.len());
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).take(missing) {
            self.bytes += line.len();
            if self.bytes > BYTES {
                return;
            }
            table.rows.push(line.to_vec());
        }
    }

    pub(crate) fn all(&mut self) -> BTreeMap<String, TableFacts> {
        std::mem::take(&mut self.tables).into_iter().map(|(name, table)| (name, table.facts())).collect()
    }
}

/// The tables of an execution's steps that have ended earlier. Which there are is read once, for all steps.
pub(crate) struct Recorded {
    store: Store,
    execution: Uuid,
    tables: OnceCell<Vec<TableRow>>,
}

impl Recorded {
    pub(crate) fn new(store: Store, execution: Uuid) -> Self {
        Self { store, execution, tables: OnceCell::new() }
    }

    /// The beginnings of the tables of one step execution.
    pub(crate) async fn of(&self, position: i32) -> Result<BTreeMap<String, TableFacts>, StoreError> {
        let all = self.tables.get_or_try_init(|| self.store.tables(self.execution)).await?;
        let tables = all.iter().filter(|table| table.position == position && table.content_type.is_none());
        beginnings(&self.store, self.execution, tables).await
    }
}

async fn beginnings(
    store: &Store,
    execution: Uuid,
    tables: impl Iterator<Item = &TableRow>,
) -> Result<BTreeMap<String, TableFacts>, StoreError> {
    let mut beginnings = Beginnings::default();
    for table in tables {
        let columns: Vec<String> = serde_json::from_str(&table.columns).unwrap_or_default();
        beginnings.table(&table.name, &columns);
        let mut pages = store.rows(execution, table.position, &table.name);
        let mut seen = 0;
        while let Some(page) = if seen < ROWS { pages.page().await? } else { None } {
            seen += page.iter().filter(|byte| **byte == b'\n').count();
            beginnings.rows(&table.name, &page, 0);
        }
        if let Some(known) = beginnings.tables.get_mut(&table.name) {
            known.count = u64::try_from(table.rows).unwrap_or_default();
        }
    }
    Ok(beginnings.all())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use windlass_store::Transition;

    use super::*;
    use crate::testing::{new_execution, new_member};

    #[test]
    fn expressions_see_the_first_rows_and_how_many_there_are() {
        let mut beginnings = Beginnings::default();
        beginnings.table("t", &["n".to_owned(), "text".to_owned()]);
        for piece in 0..3_u32 {
            let lines: String = (0..600).map(|row| format!("[{},\"x\"]\n", piece * 600 + row)).collect();
            beginnings.rows("t", lines.as_bytes(), 600);
        }
        beginnings.rows("unknown", b"[1]\n", 1);
        let tables = beginnings.all();
        assert_eq!(tables.len(), 1);
        assert_eq!((tables["t"].rows.len(), tables["t"].count), (ROWS, 1_800));
        assert_eq!(tables["t"].rows[999], serde_json::json!({"n": 999, "text": "x"}));
    }

    #[test]
    fn a_column_that_comes_later_is_empty_in_the_rows_before() {
        let mut beginnings = Beginnings::default();
        beginnings.table("t", &["a".to_owned()]);
        beginnings.rows("t", b"[1]\n", 1);
        beginnings.table("t", &["a".to_owned(), "b".to_owned()]);
        beginnings.rows("t", b"[2,3]\n", 1);
        let rows = &beginnings.all()["t"].rows;
        assert_eq!(rows, &[serde_json::json!({"a": 1, "b": null}), serde_json::json!({"a": 2, "b": 3})]);
    }

    #[test]
    fn long_rows_are_bounded_all_together() {
        let mut beginnings = Beginnings::default();
        beginnings.table("t", &["text".to_owned()]);
        let line = format!("[\"{}\"]\n", "x".repeat(1024 * 1024));
        (0..10).for_each(|_| beginnings.rows("t", line.as_bytes(), 1));
        let tables = beginnings.all();
        assert_eq!((tables["t"].rows.len(), tables["t"].count), (3, 10));
    }

    /// One step after another is remembered, and each wants its tables.
    #[tokio::test]
    async fn which_tables_there_are_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_folder(&folder.path().join("data")).await.unwrap();
        let job = windlass_jobs::Job::parse(Path::new("j"), JOB.to_owned()).unwrap();
        let (new, member) = (new_execution(&job), new_member());
        let (execution, claims) = (new.id, member.id);
        let mut begun = vec![Transition::Joined { member }, Transition::Queued { execution: new, secrets: Vec::new() }];
        begun.push(Transition::Claimed { execution, member: claims, fence: 1, at: 2 });
        begun.extend((0..3).map(|position| started(execution, position)));
        begun.extend((0..2).map(|position| filled(execution, position)));
        store.commit(begun).await.unwrap();

        let recorded = Recorded::new(store.clone(), execution);
        assert_eq!(recorded.of(0).await.unwrap()["t"].rows, [serde_json::json!({"n": 0})]);
        store.commit(vec![filled(execution, 2)]).await.unwrap();
        assert_eq!(recorded.of(1).await.unwrap()["t"].rows, [serde_json::json!({"n": 1})]);
        assert!(recorded.of(2).await.unwrap().is_empty(), "the list was read again");
    }

    const JOB: &str = "apiVersion: windlass/v1\nkind: Job\nname: j\nsteps: [{uses: a/b}]\n";

    fn started(execution: Uuid, position: i32) -> Transition {
        let text = |text: &str| text.to_owned();
        Transition::StepStarted {
            execution,
            position,
            parent: None,
            path: format!("s{position}"),
            step: format!("s{position}"),
            uses: text("a/b"),
            attempt: 1,
            at: 3,
            plugin_sha256: None,
            account: None,
            called_with: None,
        }
    }

    fn filled(execution: Uuid, position: i32) -> Transition {
        let (table, columns) = ("t".to_owned(), "[\"n\"]".to_owned());
        let data = format!("[{position}]\n").into_bytes();
        Transition::Rows { execution, position, table, columns, seq: 0, rows: 1, data }
    }
}
