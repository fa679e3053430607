use std::fmt::Write as _;

use windlass_store::Store;

use super::out::{Out, Stop};
use super::{StepResults, StepTable};
use crate::show;

/// Each table below its name, as GitHub Flavored Markdown has them; for a step without one, its outputs.
pub(super) async fn print(store: &Store, steps: &[StepResults], out: &mut Out) -> Result<(), Stop> {
    let mut first = true;
    for step in steps {
        for table in &step.tables {
            out.text(if std::mem::take(&mut first) { "" } else { "\n" })?;
            one(store, table, out).await?;
        }
        if step.tables.is_empty() && step.outputs().next().is_some() {
            let mut text = String::from(if std::mem::take(&mut first) { "" } else { "\n" });
            text += &begin(&format!("{}: outputs", step.end.step), &["output", "value"]);
            for (name, value) in step.outputs() {
                row(&mut text, [name.as_str(), &show::plain(value)]);
            }
            out.text(&text)?;
        }
    }
    Ok(())
}

async fn one(store: &Store, table: &StepTable, out: &mut Out) -> Result<(), Stop> {
    out.text(&begin(&format!("{}: {}", table.step, table.name), &table.columns))?;
    let mut rows = table.read(store);
    while let Some(page) = rows.page().await? {
        let mut text = String::new();
        for cells in page.values() {
            row(&mut text, cells?.iter().map(show::plain));
        }
        out.text(&text)?;
    }
    Ok(())
}

/// A table's name and header.
fn begin(name: &str, columns: &[impl AsRef<str>]) -> String {
    let mut text = format!("**{}**\n\n", literal(name));
    row(&mut text, columns);
    // By the dashes the row before is the header.
    text + "|" + &" --- |".repeat(columns.len()) + "\n"
}

fn row(text: &mut String, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    text.push('|');
    for cell in cells {
        let _ = write!(text, " {} |", literal(cell.as_ref()));
    }
    text.push('\n');
}

/// Text that is shown as it is: no markup, link, image or HTML of somebody else's, no cell or row that ends early.
fn literal(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in show::safe_lines(text.trim_end()).chars() {
        match c {
            '\n' => shown.push_str("<br>"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' => shown.extend(['\\', c]),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_header_and_a_row_a_line() {
        let mut text = begin("requests: results", &["@timestamp", "n"]);
        row(&mut text, ["2026-01-02 03:04:00.000", "7"]);
        assert_eq!(
            text,
            "**requests: results**\n\n| @timestamp | n |\n| --- | --- |\n| 2026-01-02 03:04:00.000 | 7 |\n"
        );
    }

    #[test]
    fn what_somebody_else_wrote_is_no_markup() {
        let hostile = "a|b\\|c\r\n<script>alert(1)</script> [x](javascript:y) ![](//z) `q` *b* _i_ ~s~ &amp;\u{1b}[2J";
        let shown = literal(hostile);
        assert_eq!(
            shown,
            "a\\|b\\\\\\|c\u{240d}<br>\\<script\\>alert(1)\\</script\\> \\[x\\](javascript:y) !\\[\\](//z) \\`q\\` \\*b\\* \
             \\_i\\_ \\~s\\~ \\&amp;\u{241b}\\[2J"
        );
    }
}
