use windlass_plugin_api::{Cell, Context};

use crate::results::fields;
use crate::rows::Row;
use crate::text::Nature;

/// So many rows are shown.
const ROWS: usize = 20;

/// Shows the first rows that a running query has found; AWS may still revise them.
pub(crate) fn preview(rows: &[Row], nature: &Nature, context: &Context) {
    let rows = &rows[..rows.len().min(ROWS)];
    let mut columns: Vec<&str> = Vec::new();
    for (name, _) in rows.iter().flat_map(|row| fields(row, nature)) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    if columns.is_empty() {
        return;
    }
    let cell = |row: &Row, wanted: &str| -> Option<String> {
        fields(row, nature).find(|(name, _)| *name == wanted).and_then(|(_, value)| value.map(str::to_owned))
    };
    let texts: Vec<Vec<Option<String>>> =
        rows.iter().map(|row| columns.iter().map(|name| cell(row, name)).collect()).collect();
    let cells = texts.iter().map(|row| row.iter().map(|text| Cell::from(text.as_deref())).collect());
    context.preview(columns.iter().map(|&name| name.to_owned()).collect(), cells.collect());
}
