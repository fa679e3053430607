//! What an execution came to: its tables and outputs, read from the database page by page and written as they are read, so that
//! the number of rows does not matter.

mod attempts;
mod charts;
mod choice;
mod csv;
mod execution;
mod json;
mod markdown;
mod ndjson;
mod out;
mod rows;
mod table;

use clap::ValueEnum;
use windlass_store::Store;

pub(crate) use charts::{ChartFormat, print_chart, tell_charts};
pub(crate) use choice::Choice;
pub(crate) use execution::{Execution, StepFile};
use execution::{StepResults, StepTable};
pub(crate) use out::{Out, Stop};

use crate::problem::Problem;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultsFormat {
    /// Tables that fit the terminal, the first 1000 rows of each
    #[default]
    Table,
    /// One JSON document: the execution, its steps, outputs, and rows as objects
    Json,
    /// The rows of the last table, one JSON object a line
    Ndjson,
    /// The rows of the last table, with a header (RFC 4180), cells as they are; in a spreadsheet import them as text
    Csv,
    /// Every table for a Markdown page, the outputs of steps without one
    Markdown,
}

/// Prints the results of an execution. Where the format has one table, that is the last.
pub(crate) async fn print(store: &Store, execution: &Execution, format: ResultsFormat) -> Result<(), Problem> {
    let steps = match format {
        ResultsFormat::Json => execution.own_results(store).await?,
        _ => execution.results(store).await?,
    };
    match format {
        ResultsFormat::Csv | ResultsFormat::Ndjson => {
            let last = steps.iter().flat_map(|step| &step.tables).next_back();
            print_table(store, last, format).await
        }
        _ => print_steps(store, execution, &steps, format).await,
    }
}

/// Prints what was chosen of the results of an execution.
pub(crate) async fn print_chosen(
    store: &Store,
    execution: &Execution,
    choice: &Choice,
    format: ResultsFormat,
) -> Result<(), Problem> {
    let steps = match format {
        ResultsFormat::Json => execution.own_results(store).await?,
        _ => execution.results(store).await?,
    };
    let steps = choice.of(steps)?;
    match format {
        ResultsFormat::Csv | ResultsFormat::Ndjson => print_table(store, choice::one(&steps)?, format).await,
        _ => print_steps(store, execution, &steps, format).await,
    }
}

async fn print_steps(
    store: &Store,
    execution: &Execution,
    steps: &[StepResults],
    format: ResultsFormat,
) -> Result<(), Problem> {
    let mut out = Out::new();
    let printed = match format {
        ResultsFormat::Json => json::print(store, execution, steps, &mut out).await,
        ResultsFormat::Markdown => markdown::print(store, steps, &mut out).await,
        _ => table::print(store, execution, steps, &mut out).await,
    };
    unless_gone(printed.and_then(|()| out.finish()))
}

async fn print_table(store: &Store, table: Option<&StepTable>, format: ResultsFormat) -> Result<(), Problem> {
    let Some(table) = table else { return Ok(()) };
    let mut out = Out::new();
    let printed = match format {
        ResultsFormat::Csv => csv::print(store, table, &mut out).await,
        _ => ndjson::print(store, table, &mut out).await,
    };
    unless_gone(printed.and_then(|()| out.finish()))
}

/// That nobody reads on is no problem.
pub(crate) fn unless_gone(printed: Result<(), Stop>) -> Result<(), Problem> {
    match printed {
        Err(Stop::Problem(problem)) => Err(problem),
        Ok(()) | Err(Stop::Gone) => Ok(()),
    }
}
