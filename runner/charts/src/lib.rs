//! Charts of a step's tables, as SVG: what a [`Chart`] frame says is to be drawn, from the rows of its table.
//!
//! Rows are given one by one, so that whoever reads them needs no more than a page of them at a time; what is kept of them is
//! bounded. All text in a chart may be somebody else's: it is written as text and never as markup. The drawing itself is
//! `plotters`, which needs no fonts here: whoever shows the SVG has them.
//!
//! Deliberately absent: anything interactive, and other kinds of charts than [`ChartKind`] knows.
//!
//! [`ChartKind`]: windlass_plugin_api::frames::ChartKind

mod bars;
mod canvas;
mod document;
mod error;
mod lines;
mod points;
mod ticks;
mod value;

pub use error::ChartError;
use points::Points;
use serde_json::Value;
use windlass_plugin_api::frames::{Chart, ChartKind};

/// A chart whose rows come one by one.
pub struct Drawing<'a> {
    chart: &'a Chart,
    points: Points,
}

impl<'a> Drawing<'a> {
    /// Begins a chart of a table with these columns.
    ///
    /// # Errors
    /// When the table lacks a column that the chart names, or nothing is to be drawn.
    pub fn new(chart: &'a Chart, columns: &[String]) -> Result<Self, ChartError> {
        Ok(Self { chart, points: Points::new(chart, columns)? })
    }

    /// Adds a row: a cell for each column of the table. Empty cells are left out of the chart.
    ///
    /// # Errors
    /// When a cell that is to be drawn is no number.
    pub fn row(&mut self, cells: &[Value]) -> Result<(), ChartError> {
        self.points.row(self.chart, cells)
    }

    /// The chart as an SVG document.
    ///
    /// # Errors
    /// When there is no number in any row.
    pub fn svg(self) -> Result<String, ChartError> {
        let Self { chart, points } = self;
        if points.is_empty() {
            return Err(ChartError::Empty { chart: chart.chart.clone(), columns: chart.y.clone() });
        }
        let drawn = match chart.kind {
            ChartKind::Line => lines::draw(chart, &points),
            ChartKind::Bar if points.are_times() => bars::over_time(chart, &points),
            ChartKind::Bar => bars::of_categories(chart, &points),
        };
        Ok(document::described(&drawn, chart, &points))
    }
}

#[cfg(test)]
mod tests;
