//! What is kept of the rows.

use std::collections::BTreeMap;

use serde_json::Value;
use windlass_plugin_api::frames::{Chart, ChartKind};

use crate::ChartError;
use crate::value::{self, Number, label, number};

/// So many rows are drawn; more of them nobody can tell apart.
const MOST_ROWS: usize = 20_000;
/// So many categories have bars.
const MOST_BARS: usize = 40;
/// So many lines, or bars of one group, can be told apart by their colours.
pub(crate) const MOST_SERIES: usize = 8;
/// Of a name so many characters are shown.
const NAME: usize = 28;

/// The numbers of a chart, as far as they are drawn.
pub(crate) struct Points {
    x: usize,
    series: Option<usize>,
    y: Vec<usize>,
    /// What the colours stand for, in the order in which they came.
    pub(crate) names: Vec<String>,
    by_name: BTreeMap<String, usize>,
    /// Of the horizontal axis.
    pub(crate) places: Vec<Place>,
    by_place: BTreeMap<String, usize>,
    pub(crate) points: Vec<Point>,
    rows: u64,
    /// Rows that are left out, since there were too many.
    pub(crate) left_out: u64,
    /// Series that are left out.
    pub(crate) more_series: BTreeMap<String, ()>,
}

/// A value of the horizontal axis.
pub(crate) struct Place {
    pub(crate) label: String,
    time: Option<i64>,
    number: Option<f64>,
}

/// A number that is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// Which of the places.
    pub(crate) place: usize,
    /// Which of the names.
    pub(crate) series: usize,
    pub(crate) y: f64,
}

impl Points {
    pub(crate) fn new(chart: &Chart, columns: &[String]) -> Result<Self, ChartError> {
        let find = |name: &String| {
            columns.iter().position(|column| column == name).ok_or_else(|| ChartError::NoColumn {
                chart: chart.chart.clone(),
                column: name.clone(),
                table: chart.table.clone(),
            })
        };
        let y = chart.y.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            x: find(&chart.x)?,
            series: chart.series.as_ref().map(find).transpose()?,
            y,
            names: Vec::new(),
            by_name: BTreeMap::new(),
            places: Vec::new(),
            by_place: BTreeMap::new(),
            points: Vec::new(),
            rows: 0,
            left_out: 0,
            more_series: BTreeMap::new(),
        })
    }

    pub(crate) fn row(&mut self, chart: &Chart, cells: &[Value]) -> Result<(), ChartError> {
        self.rows += 1;
        let cell = |index: usize| cells.get(index).unwrap_or(&Value::Null);
        let mut numbers = Vec::with_capacity(self.y.len());
        for (&index, column) in self.y.iter().zip(&chart.y) {
            match number(cell(index)) {
                Number::Is(y) => numbers.push((column, y)),
                Number::Missing => {}
                Number::No => {
                    let cell = label(&value::text(cell(index)), NAME);
                    let (chart, column) = (chart.chart.clone(), column.clone());
                    return Err(ChartError::NotNumeric { chart, column, row: self.rows, cell });
                }
            }
        }
        let Some(place) = self.place(chart.kind, cell(self.x)).filter(|_| self.points.len() < MOST_ROWS) else {
            self.left_out += 1;
            return Ok(());
        };
        let of = self.series.map(|index| value::text(cell(index)));
        for (column, y) in numbers {
            let name = match &of {
                None => column.clone(),
                Some(name) if self.y.len() == 1 => name.clone(),
                Some(name) => format!("{name}: {column}"),
            };
            if let Some(series) = self.series(name) {
                self.points.push(Point { place, series, y });
            }
        }
        Ok(())
    }

    /// Rows have a bar each, or one of a group where a column says which of it they are.
    fn place(&mut self, kind: ChartKind, cell: &Value) -> Option<usize> {
        let (text, time) = (value::text(cell), value::time(cell));
        let number = match number(cell) {
            Number::Is(number) => Some(number),
            _ => None,
        };
        let shared = kind == ChartKind::Line || self.series.is_some();
        if let (true, Some(place)) = (shared, self.by_place.get(&text)) {
            return Some(*place);
        }
        if kind == ChartKind::Bar && self.places.len() >= MOST_BARS && !(self.are_times() && time.is_some()) {
            return None;
        }
        if self.places.len() >= MOST_ROWS {
            return None;
        }
        let label = if text.trim().is_empty() { "(empty)".to_owned() } else { label(&text, NAME) };
        self.places.push(Place { label, time, number });
        self.by_place.insert(text, self.places.len() - 1);
        Some(self.places.len() - 1)
    }

    fn series(&mut self, name: String) -> Option<usize> {
        if let Some(index) = self.by_name.get(&name) {
            return Some(*index);
        }
        if self.names.len() == MOST_SERIES {
            if self.more_series.len() < MOST_ROWS {
                self.more_series.insert(name, ());
            }
            return None;
        }
        self.names.push(if name.trim().is_empty() { "(empty)".to_owned() } else { label(&name, NAME) });
        self.by_name.insert(name, self.names.len() - 1);
        Some(self.names.len() - 1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Whether the horizontal axis is one of times.
    pub(crate) fn are_times(&self) -> bool {
        self.places.iter().all(|place| place.time.is_some())
    }

    /// Whether the horizontal axis is one of numbers.
    pub(crate) fn are_numbers(&self) -> bool {
        self.places.iter().all(|place| place.number.is_some())
    }

    /// Where a point is on the horizontal axis: at a time in milliseconds, at a number, or at that of a category.
    pub(crate) fn x(&self) -> impl Fn(usize) -> f64 {
        let (times, numbers) = (self.are_times(), self.are_numbers());
        move |place| {
            let Place { time, number, .. } = &self.places[place];
            match (time, number) {
                (Some(time), _) if times => *time as f64,
                (_, Some(number)) if numbers => *number,
                _ => place as f64,
            }
        }
    }

    /// Where the horizontal axis begins and ends.
    pub(crate) fn x_range(&self) -> (f64, f64) {
        range((0..self.places.len()).map(self.x()))
    }

    /// The smallest and the largest of what is drawn.
    pub(crate) fn y_range(&self) -> (f64, f64) {
        range(self.points.iter().map(|point| point.y))
    }

    /// What is not drawn, if there is anything.
    pub(crate) fn note(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.left_out > 0 {
            parts.push(format!("{} of {} rows are not shown", self.left_out, self.rows));
        }
        if !self.more_series.is_empty() {
            let names = self.names.len() + self.more_series.len();
            parts.push(format!("{} of {names} series are not shown", self.more_series.len()));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

fn range(all: impl Iterator<Item = f64>) -> (f64, f64) {
    all.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), one| (least.min(one), most.max(one)))
}
