use serde_json::Value;
use windlass_store::Store;

use super::out::{Out, Stop};
use super::{Execution, StepResults, StepTable};
use crate::show::{self, Table};

/// Of a table so many rows are shown.
const MOST_ROWS: u64 = 1_000;
/// Or rows with so many bytes: more of them nobody reads, and all of them are laid out together.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Each table; for a step without one, its outputs as a table of names and values.
pub(super) async fn print(
    store: &Store,
    execution: &Execution,
    steps: &[StepResults],
    out: &mut Out,
) -> Result<(), Stop> {
    for step in steps {
        for table in &step.tables {
            let all: Vec<usize> = (0..table.columns.len()).collect();
            one(store, execution, table, &all, out).await?;
        }
        if step.tables.is_empty() && step.outputs().next().is_some() {
            let mut shown = Table::new(["output", "value"]);
            for (name, value) in step.outputs() {
                shown.values([Value::String(name.clone()), value.clone()]);
            }
            out.text(&format!("{}\n", shown.text()))?;
        }
    }
    Ok(())
}

/// These columns of the beginning of a table, and how many rows more there are.
pub(super) async fn one(
    store: &Store,
    execution: &Execution,
    table: &StepTable,
    columns: &[usize],
    out: &mut Out,
) -> Result<(), Stop> {
    let header = columns.iter().filter_map(|column| table.columns.get(*column));
    let (mut shown, mut count, mut bytes) = (Table::new(header), 0, 0);
    let mut rows = table.read(store);
    'pages: while let Some(page) = rows.page().await? {
        for row in page.values() {
            let row = row?;
            bytes += row.iter().filter_map(Value::as_str).map(str::len).sum::<usize>();
            if count == MOST_ROWS || (count > 0 && bytes > MOST_BYTES) {
                break 'pages;
            }
            shown.values(columns.iter().map(|column| row.get(*column).cloned().unwrap_or_default()));
            count += 1;
        }
    }
    out.text(&format!("{}\n", shown.text()))?;
    match table.rows.saturating_sub(count) {
        0 => Ok(()),
        more => out.text(&format!("{more} more rows: {}\n", all_of(execution, table))),
    }
}

/// The command that prints a whole table.
fn all_of(execution: &Execution, table: &StepTable) -> String {
    let (execution, step, name) = (show::short(execution.id), show::word(&table.step), show::word(&table.name));
    format!("windlass execution results {execution} --step {step} --table {name} --output csv")
}
