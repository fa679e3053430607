//! The rows of a step as its table `results`.

use std::collections::HashMap;

use serde_json::{Map, Value};
use windlass_plugin_api::{Cell, Context, Table};

use crate::parts::Feed;
use crate::rows::Row;
use crate::text::{Nature, POINTER};

/// The table's name.
pub(crate) const TABLE: &str = "results";
/// Columns that say where a row comes from.
const ORIGIN: [&str; 3] = ["account", "region", "logGroup"];
/// How many rows conditions see.
const SEEN: usize = 1_000;

/// Writes rows into the table as they come.
pub(crate) struct Results<'a> {
    nature: &'a Nature,
    /// Whether rows say where they come from.
    with_origin: bool,
    columns: Columns,
    table: Option<Table>,
    /// How many rows the table has.
    pub(crate) count: u64,
    /// How many of the first are kept for conditions.
    seen: usize,
    /// Those, as objects by column.
    pub(crate) first: Vec<Value>,
}

/// The columns of the table: all fields, in the order in which they first appear.
#[derive(Debug, Default)]
struct Columns {
    all: Vec<Column>,
    places: HashMap<String, usize>,
}

#[derive(Debug)]
struct Column {
    name: String,
    /// Whether it has what `stats` has counted.
    is_counted: bool,
    /// Whether it has nothing but numbers so far; nothing when it is empty.
    is_numeric: Option<bool>,
}

impl<'a> Results<'a> {
    /// A table with the columns of these rows, and of those that come later.
    pub(crate) fn begin<'r>(
        context: &Context,
        nature: &'a Nature,
        with_origin: bool,
        with_conditions: bool,
        rows: impl Iterator<Item = &'r Row>,
    ) -> Self {
        let mut columns = Columns::default();
        if with_origin {
            ORIGIN.iter().for_each(|name| columns.add(name, false));
        }
        for row in rows {
            for (name, _) in fields(row, nature) {
                if !columns.places.contains_key(name) {
                    columns.add(name, nature.is_counted(name));
                }
            }
        }
        let table = Some(context.table(TABLE, columns.all.iter().map(|column| column.name.clone()).collect()));
        let seen = if with_conditions { SEEN } else { 0 };
        Self { nature, with_origin, columns, table, count: 0, seen, first: Vec::new() }
    }

    /// Adds a row. One that is too long to be kept is left out, which the log says.
    pub(crate) fn add(&mut self, row: &Row, feed: &Feed<'_>) {
        let Some(table) = &mut self.table else { return };
        let mut cells = vec![Cell::Null; self.columns.all.len()];
        let mut at = 0;
        if self.with_origin {
            let (site, log) = (feed.site(), crate::rows::field(row, "@log").map(group_of));
            let origin = [Some(site.account.as_str()), Some(&site.region), log.or(feed.group())];
            cells.iter_mut().zip(origin).for_each(|(cell, value)| *cell = value.into());
            at = ORIGIN.len();
        }
        for (name, value) in fields(row, self.nature) {
            let place = self.columns.place(at, name).unwrap_or_else(|| {
                table.add_column(name);
                self.columns.add(name, self.nature.is_counted(name));
                cells.push(Cell::Null);
                cells.len() - 1
            });
            cells[place] = self.columns.all[place].cell(value);
            at += 1;
        }
        self.count += u64::from(table.row(cells.iter().copied()));
        if self.first.len() < self.seen {
            self.first.push(self.columns.object(&cells));
        }
    }

    /// Nothing more comes. Returns the columns that have numbers.
    pub(crate) fn end(&mut self) -> Vec<String> {
        self.table = None;
        let numbers = self.columns.all.iter().filter(|column| column.is_numeric == Some(true));
        numbers.map(|column| column.name.clone()).collect()
    }
}

impl Columns {
    fn add(&mut self, name: &str, is_counted: bool) {
        self.places.insert(name.to_owned(), self.all.len());
        self.all.push(Column { name: name.to_owned(), is_counted, is_numeric: None });
    }

    /// The column of a field. Most rows have all fields in the same order, so the field's own position is tried first.
    fn place(&self, at: usize, name: &str) -> Option<usize> {
        match self.all.get(at) {
            Some(column) if column.name == name => Some(at),
            _ => self.places.get(name).copied(),
        }
    }

    fn object(&self, cells: &[Cell<'_>]) -> Value {
        let value = |cell| serde_json::to_value(cell).unwrap_or_default();
        let names = self.all.iter().map(|column| column.name.clone());
        Value::Object(names.zip(cells.iter().map(value)).collect::<Map<_, _>>())
    }
}

impl Column {
    fn cell<'v>(&mut self, value: Option<&'v str>) -> Cell<'v> {
        let Some(text) = value else { return Cell::Null };
        let cell = if self.is_counted { number(text) } else { Cell::Text(text) };
        let is_number = matches!(cell, Cell::Integer(_) | Cell::Number(_));
        self.is_numeric = Some(self.is_numeric.unwrap_or(true) && is_number);
        cell
    }
}

/// The fields of a row that are shown.
pub(crate) fn fields<'r>(row: &'r Row, nature: &Nature) -> impl Iterator<Item = (&'r str, Option<&'r str>)> {
    let named = row.iter().filter_map(|field| Some((field.field()?, field.value())));
    let hidden = (!nature.wants_pointer).then_some(POINTER);
    named.filter(move |(name, _)| Some(*name) != hidden)
}

/// What `stats` has counted. AWS writes all values as text.
fn number(text: &str) -> Cell<'_> {
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(number), _) => Cell::Integer(number),
        (_, Ok(number)) if number.is_finite() => Cell::Number(number),
        _ => Cell::Text(text),
    }
}

/// The log group of `@log`, which is `account:group`
/// ([discovered fields](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html)).
fn group_of(log: &str) -> &str {
    log.split_once(':').map_or(log, |(_, group)| group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::rows::testing::row;

    #[test]
    fn columns_come_in_the_order_of_first_appearance() {
        let nature = Nature::of("fields time, level, user", Language::Cwli);
        let rows = [
            row(&[("time", "1"), ("level", "info"), ("@ptr", "p1")]),
            row(&[("time", "2"), ("@ptr", "p2")]),
            row(&[("level", "warn"), ("time", "3"), ("user", "u"), ("@ptr", "p3")]),
        ];
        let mut columns = Columns::default();
        for (name, _) in rows.iter().flat_map(|row| fields(row, &nature)) {
            if columns.place(usize::MAX, name).is_none() {
                columns.add(name, false);
            }
        }
        assert_eq!(["time", "level", "user"].map(|name| columns.place(0, name)), [Some(0), Some(1), Some(2)]);
        let cells = [Cell::Text("3"), Cell::Null, Cell::Integer(1)];
        assert_eq!(columns.object(&cells), serde_json::json!({"time": "3", "level": null, "user": 1}));
    }

    #[test]
    fn the_pointer_is_shown_when_it_is_asked_for() {
        let row = row(&[("a", "1"), ("@ptr", "p")]);
        let shown = |query: &str| {
            let nature = Nature::of(query, Language::Cwli);
            fields(&row, &nature).map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(shown("fields a"), ["a"]);
        assert_eq!(shown("fields a, @ptr"), ["a", "@ptr"]);
    }

    #[test]
    fn counts_become_numbers() {
        assert!(matches!(number("12"), Cell::Integer(12)));
        assert!(matches!(number("1.25E7"), Cell::Number(n) if n == 12_500_000.0));
        assert!(matches!(number("NaN"), Cell::Text("NaN")));
        assert!(matches!(number(""), Cell::Text("")));
    }

    #[test]
    fn a_group_is_what_follows_the_account() {
        assert_eq!(group_of("111122223333:/aws/lambda/a:b"), "/aws/lambda/a:b");
        assert_eq!(group_of("/a"), "/a");
    }
}
