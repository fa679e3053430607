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
            let shown = one(store, table, out).await?;
            if let more @ 1.. = table.rows.saturating_sub(shown) {
                out.text(&format!("{more} more rows: {}\n", all_of(execution, table)))?;
            }
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

/// Prints the beginning of a table, and says how many rows that is.
async fn one(store: &Store, table: &StepTable, out: &mut Out) -> Result<u64, Stop> {
    let (mut shown, mut count, mut bytes) = (Table::new(&table.columns), 0, 0);
    let mut rows = table.read(store);
    'pages: while let Some(page) = rows.page().await? {
        for row in page.values() {
            let row = row?;
            bytes += row.iter().filter_map(Value::as_str).map(str::len).sum::<usize>();
            if count == MOST_ROWS || (count > 0 && bytes > MOST_BYTES) {
                break 'pages;
            }
            shown.values(row);
            count += 1;
        }
    }
    out.text(&format!("{}\n", shown.text()))?;
    Ok(count)
}

/// The command that prints a whole table.
fn all_of(execution: &Execution, table: &StepTable) -> String {
    let (execution, step, name) = (show::short(execution.id), show::word(&table.step), show::word(&table.name));
    format!("windlass execution results {execution} --step {step} --table {name} --output csv")
}
