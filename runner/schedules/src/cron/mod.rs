//! Cron expressions: five fields as unix has them, six and seven as Quartz has them.

mod days;
mod describe;
mod error;
mod field;
mod item;
mod parse;
mod search;

use std::fmt;
use std::str::FromStr;

pub use error::CronError;
pub use field::Field;
pub(crate) use search::LAST_YEAR;

use days::Days;

/// Which times of which days clocks have to show.
///
/// *Five fields* are those of unix: minute, hour, day of the month, month, weekday with Sunday as 0 and 7. When both kinds of days are set, a day of either kind will
/// do; a field that begins with `*` is not set, and holds beside the other. `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually`
/// stand for five fields.
///
/// *Six and seven fields* are Quartz's: seconds in front, weekdays from 1, Sunday, to 7, and perhaps years, 1970 to 2099. Exactly one of the two kinds of days is `?`. A day
/// of the month may be `L`, `L-3`, `LW`, `L-3W` and `15W`, a weekday `FRIL` and `FRI#3`.
///
/// In all of them there are lists, ranges, also around the end (`22-4`, `FRI-MON`), steps, and names of months and weekdays in capitals or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    text: String,
    /// Bit 0 is second 0.
    seconds: u64,
    minutes: u64,
    hours: u64,
    days: Days,
    /// Bit 1 is January.
    months: u64,
    /// In order; all when none.
    years: Option<Vec<i16>>,
    interval: bool,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first field that breaks a rule, or that no day is ever like this, 31 April.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        parse::parse(text)
    }

    /// Whether its hours are left open (`*`, `*/4`, `0/4`), so that it is an interval; otherwise it asks for times of the day.
    pub fn is_interval(&self) -> bool {
        self.interval
    }
}

impl FromStr for Expression {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        Self::parse(text)
    }
}

/// As it was written.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
