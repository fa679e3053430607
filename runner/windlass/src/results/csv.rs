use windlass_store::Store;

use super::StepTable;
use super::out::{Out, Stop};
use crate::problem::Problem;
use crate::show;

/// A header and the rows, as RFC 4180 has them but for a line feed alone at the ends of lines. Cells are what they are, since
/// programs read them; of those that a spreadsheet would take for formulas it is said how many there are.
pub(super) async fn print(store: &Store, table: &StepTable, out: &mut Out) -> Result<(), Stop> {
    let broken = |error| Problem::internal(format!("no CSV: {error}"));
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(&table.columns).map_err(broken)?;
    let (mut rows, mut formulas) = (table.read(store), 0_u64);
    while let Some(page) = rows.page().await? {
        for row in page.values() {
            let cells: Vec<String> = row?.iter().map(show::plain).collect();
            formulas += u64::try_from(cells.iter().filter(|cell| is_formula(cell)).count()).unwrap_or_default();
            csv.write_record(cells).map_err(broken)?;
        }
        csv = written(csv, out)?;
    }
    written(csv, out)?;
    if formulas > 0 {
        show::talk(format_args!(
            "{formulas} cells of table `{}` would be formulas to a spreadsheet: import them as text",
            show::safe_text(&table.name)
        ));
    }
    Ok(())
}

fn written(csv: csv::Writer<Vec<u8>>, out: &mut Out) -> Result<csv::Writer<Vec<u8>>, Stop> {
    let mut text = csv.into_inner().map_err(|error| Problem::internal(format!("no CSV: {error}")))?;
    out.text(&String::from_utf8_lossy(&text))?;
    text.clear();
    Ok(csv::Writer::from_writer(text))
}

/// Whether a spreadsheet would calculate what somebody else wrote. A number is a number.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_told_from_a_number() {
        for cell in ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1", "--", "-"] {
            assert!(is_formula(cell), "{cell:?}");
        }
        for cell in ["", "-1", "+1.5", "-2e-9", "1=1", "a@b", " =1"] {
            assert!(!is_formula(cell), "{cell:?}");
        }
    }
}
