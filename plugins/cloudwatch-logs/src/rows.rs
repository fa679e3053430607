//! The rows of a query, as AWS gives them: each a list of fields with their names, absent ones left out.

use std::fmt;

use aws_sdk_cloudwatchlogs::types::{QueryStatistics, ResultField};
use jiff::Timestamp;

use crate::text::POINTER;

const DOLLARS_A_GIGABYTE: f64 = 0.005;

/// A row as AWS gives it.
pub(crate) type Row = Vec<ResultField>;

/// What a query has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    pub(crate) matched: u64,
    pub(crate) scanned: u64,
    pub(crate) bytes: u64,
}

/// The value of a field, if the row has it.
pub(crate) fn field<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.iter().find(|field| field.field() == Some(name)).and_then(ResultField::value)
}

/// The opaque pointer of a row that is a log event.
pub(crate) fn pointer(row: &Row) -> Option<&str> {
    field(row, POINTER)
}

/// Milliseconds since 1970 UTC for people.
pub(crate) fn instant(milliseconds: i64) -> String {
    match Timestamp::from_millisecond(milliseconds) {
        Ok(at) => format!("{at:.3}"),
        Err(_) => format!("{milliseconds} ms since 1970"),
    }
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

impl Statistics {
    /// What that costs, by the price of most regions
    /// ([CloudWatch pricing](https://aws.amazon.com/cloudwatch/pricing/), "Logs", "Analyze (Logs Insights queries)").
    pub(crate) fn dollars(&self) -> f64 {
        self.bytes as f64 / 1e9 * DOLLARS_A_GIGABYTE
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} records matched, {} scanned", self.matched, self.scanned, size(self.bytes))?;
        // Below a cent nobody wants to know.
        if self.dollars() >= 0.01 { write!(f, ", about ${:.2}", self.dollars()) } else { Ok(()) }
    }
}

impl std::iter::Sum for Statistics {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            matched: sum.matched + one.matched,
            scanned: sum.scanned + one.scanned,
            bytes: sum.bytes + one.bytes,
        })
    }
}

/// Bytes for people, in units of a thousand as AWS bills them.
pub(crate) fn size(bytes: u64) -> String {
    let units = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    pub(crate) fn row(fields: &[(&str, &str)]) -> Row {
        fields.iter().map(|(name, value)| ResultField::builder().field(*name).value(*value).build()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_read_well() {
        let statistics = Statistics { matched: 12, scanned: 10_000, bytes: 1_250_000 };
        assert_eq!(statistics.to_string(), "12 of 10000 records matched, 1.2 MB scanned");
        let much = Statistics { matched: 1, scanned: 2, bytes: 30_000_000_000 };
        assert_eq!(much.to_string(), "1 of 2 records matched, 30.0 GB scanned, about $0.15");
        assert_eq!([size(0), size(999), size(1000), size(2_500_000_000)], ["0 B", "999 B", "1.0 kB", "2.5 GB"]);
    }
}
