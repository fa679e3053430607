//! `cargo bench-all`: one table of what Windlass costs, beside the limit and beside what people use today, all measured
//! in the same minutes on the same machine. Only ratios are goals; absolute figures are the machine's.

mod measure;
mod query;
mod row;
mod table;

use row::Row;
use windlass_tests::{Outcome, interrupt};

/// One group of rows that share their preparation.
struct Bench {
    name: &'static str,
    rows: fn() -> Outcome<Vec<Row>>,
}

const BENCHES: &[Bench] = &[Bench { name: "query job", rows: query::rows }];

/// Measures everything and prints the table. A missed goal is printed, not an error: machines differ.
///
/// # Errors
/// When something cannot be built, started or measured.
pub(crate) fn run() -> Outcome<()> {
    let mut rows = Vec::new();
    for bench in BENCHES {
        eprintln!("measuring: {}", bench.name);
        rows.extend((bench.rows)()?);
        interrupt::check()?;
    }
    print!("{}", table::render(&rows));
    Ok(())
}
