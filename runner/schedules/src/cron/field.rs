use std::fmt;

use jiff::civil::Weekday;
use windlass_errors::nearest;

pub(super) const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
pub(super) const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A field of a cron expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59; in expressions of six and seven fields.
    Second,
    /// 0 to 59
    Minute,
    /// 0 to 23
    Hour,
    /// 1 to 31
    DayOfMonth,
    /// 1 to 12, or its name.
    Month,
    /// Its name; its number counts from Sunday, which is 0 in five fields and 1 in six and seven.
    Weekday,
    /// 1970 to 2099; in expressions of seven fields.
    Year,
}

/// Whose expression it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Unix,
    Quartz,
}

impl Dialect {
    /// The fields that there may be, in order.
    pub(super) fn fields(self) -> &'static [Field] {
        use Field::{DayOfMonth, Hour, Minute, Month, Second, Weekday, Year};
        match self {
            Self::Unix => &[Minute, Hour, DayOfMonth, Month, Weekday],
            Self::Quartz => &[Second, Minute, Hour, DayOfMonth, Month, Weekday, Year],
        }
    }
}

impl Field {
    /// The least and the most that may be written.
    pub(super) fn bounds(self, dialect: Dialect) -> (i16, i16) {
        match self {
            Self::Second | Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday if dialect == Dialect::Unix => (0, 7),
            Self::Weekday => (1, 7),
            Self::Year => (1970, 2099),
        }
    }

    /// What a number may be, for people.
    pub(super) fn values(self, dialect: Dialect) -> String {
        match (self, dialect) {
            (Self::Weekday, Dialect::Unix) => {
                "weekdays are `SUN` to `SAT`, or 0, Sunday, to 6, Saturday, and 7 is Sunday too".to_owned()
            }
            (Self::Weekday, Dialect::Quartz) => {
                "with six or seven fields weekdays are `SUN` to `SAT`, or 1, Sunday, to 7, Saturday".to_owned()
            }
            (Self::Month, _) => "months are `JAN` to `DEC`, or 1 to 12".to_owned(),
            (Self::DayOfMonth, _) => "days of the month are 1 to 31".to_owned(),
            _ => {
                let (least, most) = self.bounds(dialect);
                format!("{self}s are {least} to {most}")
            }
        }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Month => &MONTHS,
            Self::Weekday => &WEEKDAYS,
            _ => &[],
        }
    }

    /// The number that a name stands for in an expression.
    pub(super) fn named(self, dialect: Dialect, name: &str) -> Option<i16> {
        let position = self.names().iter().position(|known| known.eq_ignore_ascii_case(name))?;
        let first = i16::from(self == Self::Month || dialect == Dialect::Quartz);
        Some(i16::try_from(position).expect("names are few") + first)
    }

    /// The name that was most likely meant.
    pub(super) fn nearest(self, name: &str) -> Option<&'static str> {
        let short = name.get(..3).unwrap_or(name);
        let begins = self.names().iter().find(|known| known.eq_ignore_ascii_case(short)).copied();
        begins.or_else(|| nearest(name, self.names().iter().copied()))
    }
}

/// The weekday that counts so many days from Sunday.
pub(super) fn weekday(from_sunday: u8) -> Weekday {
    Weekday::from_sunday_zero_offset((from_sunday % 7).cast_signed()).expect("a week has seven days")
}

/// As people call it.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of the month",
            Self::Month => "month",
            Self::Weekday => "weekday",
            Self::Year => "year",
        })
    }
}
