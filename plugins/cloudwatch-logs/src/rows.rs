//! The rows of a query, as AWS gives them: each a list of fields with their names, absent ones left out.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::types::{QueryStatistics, ResultField};
use windlass_plugin_api::{Cell, Context};

/// AWS adds this field to each row that is a log event: an opaque pointer for `GetLogRecord`, of no use to a reader.
const POINTER: &str = "@ptr";

type Row = Vec<ResultField>;

/// The answers that together hold all rows.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    pages: Vec<Vec<Row>>,
    statistics: Statistics,
}

/// What a query has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    pub(crate) matched: u64,
    pub(crate) scanned: u64,
    pub(crate) bytes: u64,
}

/// The columns of the table: all fields, in the order in which they first appear.
struct Columns<'a> {
    names: Vec<&'a str>,
    places: HashMap<&'a str, usize>,
}

impl Pages {
    /// Adds an answer; returns the token of the next, if there is one.
    pub(crate) fn add(&mut self, answer: GetQueryResultsOutput) -> Option<String> {
        self.statistics = Statistics::of(answer.statistics.as_ref());
        self.pages.push(answer.results.unwrap_or_default());
        answer.next_token
    }

    pub(crate) fn rows(&self) -> u64 {
        self.pages.iter().map(|page| page.len() as u64).sum()
    }

    pub(crate) fn statistics(&self) -> Statistics {
        self.statistics
    }
}

/// Sends all rows as the table `results`; returns how many were kept.
pub(crate) fn send(pages: &Pages, context: &Context) -> u64 {
    let rows = || pages.pages.iter().flatten();
    let columns = Columns::of(rows());
    let mut table = context.table("results", columns.names.iter().map(|&name| name.to_owned()).collect());
    let mut cells = Vec::new();
    let kept = rows().filter(|row| {
        columns.cells(row, &mut cells);
        table.row(cells.iter().copied())
    });
    kept.count() as u64
}

impl<'a> Columns<'a> {
    fn of(rows: impl Iterator<Item = &'a Row>) -> Self {
        let mut columns = Self { names: Vec::new(), places: HashMap::new() };
        for row in rows {
            for (at, (name, _)) in fields(row).enumerate() {
                if columns.place(at, name).is_none() {
                    columns.places.insert(name, columns.names.len());
                    columns.names.push(name);
                }
            }
        }
        columns
    }

    fn cells(&self, row: &'a Row, cells: &mut Vec<Cell<'a>>) {
        cells.clear();
        cells.resize(self.names.len(), Cell::Null);
        for (at, (name, value)) in fields(row).enumerate() {
            if let Some(place) = self.place(at, name) {
                cells[place] = value.into();
            }
        }
    }

    /// The column of a field. Most rows have all fields in the same order, so the field's own position is tried first.
    fn place(&self, at: usize, name: &str) -> Option<usize> {
        if self.names.get(at) == Some(&name) { Some(at) } else { self.places.get(name).copied() }
    }
}

fn fields(row: &Row) -> impl Iterator<Item = (&str, Option<&str>)> {
    let named = row.iter().filter_map(|field| Some((field.field()?, field.value())));
    named.filter(|(name, _)| *name != POINTER)
}

impl Statistics {
    pub(crate) fn of(statistics: Option<&QueryStatistics>) -> Self {
        // AWS counts in floating point; these are whole numbers all the same.
        statistics.map_or_else(Self::default, |statistics| Self {
            matched: statistics.records_matched as u64,
            scanned: statistics.records_scanned as u64,
            bytes: statistics.bytes_scanned as u64,
        })
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} records matched, {} scanned", self.matched, self.scanned, size(self.bytes))
    }
}

fn size(bytes: u64) -> String {
    let units = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[(&str, &str)]) -> Row {
        fields.iter().map(|(name, value)| ResultField::builder().field(*name).value(*value).build()).collect()
    }

    fn table(rows: &[Row]) -> (Vec<&str>, Vec<String>) {
        let columns = Columns::of(rows.iter());
        let mut cells = Vec::new();
        let lines = rows.iter().map(|row| {
            columns.cells(row, &mut cells);
            let texts = cells.iter().map(|cell| if let Cell::Text(text) = cell { text } else { "-" });
            texts.collect::<Vec<_>>().join(" ")
        });
        let lines = lines.collect();
        (columns.names, lines)
    }

    #[test]
    fn columns_come_in_the_order_of_first_appearance() {
        let rows = [
            row(&[("time", "1"), ("level", "info"), ("@ptr", "p1")]),
            row(&[("time", "2"), ("@ptr", "p2")]),
            row(&[("level", "warn"), ("time", "3"), ("user", "u"), ("@ptr", "p3")]),
        ];
        let (columns, lines) = table(&rows);
        assert_eq!(columns, ["time", "level", "user"]);
        assert_eq!(lines, ["1 info -", "2 - -", "3 warn u"]);
    }

    #[test]
    fn a_pointer_in_the_middle_shifts_nothing() {
        let rows = [row(&[("a", "1"), ("@ptr", "p"), ("b", "2")]), row(&[("@ptr", "p"), ("b", "4"), ("a", "3")])];
        assert_eq!(table(&rows), (vec!["a", "b"], vec!["1 2".to_owned(), "3 4".to_owned()]));
    }

    #[test]
    fn fields_without_name_or_value_leave_their_cell_empty() {
        let fields = vec![ResultField::builder().value("x").build(), ResultField::builder().field("a").build()];
        assert_eq!(table(&[fields, Row::new()]), (vec!["a"], vec!["-".to_owned(), "-".to_owned()]));
    }

    #[test]
    fn pages_are_joined_and_the_last_statistics_count() {
        let page = |rows: usize, matched: f64, token: Option<&str>| {
            GetQueryResultsOutput::builder()
                .set_results(Some(vec![Row::new(); rows]))
                .statistics(QueryStatistics::builder().records_matched(matched).build())
                .set_next_token(token.map(str::to_owned))
                .build()
        };
        let mut pages = Pages::default();
        assert_eq!(pages.add(page(3, 1.0, Some("more"))).as_deref(), Some("more"));
        assert_eq!(pages.add(page(2, 5.0, None)), None);
        assert_eq!((pages.rows(), pages.statistics().matched), (5, 5));
    }

    #[test]
    fn statistics_read_well() {
        let statistics = Statistics { matched: 12, scanned: 10_000, bytes: 1_250_000 };
        assert_eq!(statistics.to_string(), "12 of 10000 records matched, 1.2 MB scanned");
        assert_eq!([size(0), size(999), size(1000), size(2_500_000_000)], ["0 B", "999 B", "1.0 kB", "2.5 GB"]);
    }
}
