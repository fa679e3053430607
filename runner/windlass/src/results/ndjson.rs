use windlass_store::Store;

use super::StepTable;
use super::out::{Out, Stop};
use super::rows::json_text;

/// One object a row, one row a line.
pub(super) async fn print(store: &Store, table: &StepTable, out: &mut Out) -> Result<(), Stop> {
    let mut rows = table.read(store);
    while let Some(page) = rows.page().await? {
        let mut text = String::new();
        for row in page.objects() {
            text += &json_text(&row?)?;
            text.push('\n');
        }
        out.text(&text)?;
    }
    Ok(())
}
