use thiserror::Error;

/// Why a chart cannot be drawn.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum ChartError {
    /// Its table lacks a column.
    #[error("chart `{chart}` is of column `{column}`, which table `{table}` does not have")]
    NoColumn {
        /// The chart.
        chart: String,
        /// The column.
        column: String,
        /// The table.
        table: String,
    },
    /// A cell cannot be drawn.
    #[error("chart `{chart}` cannot be drawn: row {row} has `{cell}` in column `{column}`, which is no number to draw")]
    NotNumeric {
        /// The chart.
        chart: String,
        /// The column.
        column: String,
        /// Which row, from 1.
        row: u64,
        /// What is in it, shortened.
        cell: String,
    },
    /// There is nothing to draw.
    #[error("chart `{chart}` has nothing to draw: no row has a number in column `{}`", columns.join("`, `"))]
    Empty {
        /// The chart.
        chart: String,
        /// The columns that would be drawn.
        columns: Vec<String>,
    },
}
