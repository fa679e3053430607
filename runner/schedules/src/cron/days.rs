//! Which days of a month are meant.

use jiff::civil::Date;

/// The days of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Days {
    /// Days of the month, whatever weekday.
    Month(MonthDays),
    /// Weekdays.
    Week(WeekDays),
    /// Days of the month or weekdays: unix, when both are set.
    Either(MonthDays, WeekDays),
    /// Both at once: unix, when a field begins with `*`.
    Both(MonthDays, WeekDays),
}

/// Days by their number in the month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MonthDays {
    /// Bit 1 is the 1st.
    Set(u64),
    /// So many days before the last.
    Last { before: u8 },
    /// The weekday from Monday to Friday that is nearest to that, in the same month.
    NearLast { before: u8 },
    /// The weekday from Monday to Friday that is nearest to a day, in the same month.
    Near { day: u8 },
}

/// Days by their weekday, counted from Sunday, 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WeekDays {
    /// Bit 0 is Sunday.
    Set(u64),
    /// The last of the month.
    Last { weekday: u8 },
    /// The nth of the month.
    Nth { weekday: u8, nth: u8 },
}

/// A month of a year.
#[derive(Clone, Copy)]
pub(super) struct Month {
    length: u8,
    /// The weekday of the 1st, from Sunday.
    first: u8,
}

impl Month {
    /// The month that a day is in.
    pub(super) fn of(date: Date) -> Self {
        let first = date.first_of_month().weekday().to_sunday_zero_offset();
        Self { length: date.days_in_month().unsigned_abs(), first: first.unsigned_abs() }
    }

    fn weekday(self, day: u8) -> u8 {
        (self.first + day - 1) % 7
    }

    /// The first day that is this weekday.
    fn first_on(self, weekday: u8) -> u8 {
        (weekday + 7 - self.first) % 7 + 1
    }

    fn all(self) -> u64 {
        (1 << (self.length + 1)) - 2
    }

    fn bit(self, day: u8) -> u64 {
        if (1..=self.length).contains(&day) { 1 << day } else { 0 }
    }

    /// The nearest day from Monday to Friday.
    fn near(self, day: u8) -> u64 {
        if self.bit(day) == 0 {
            return 0;
        }
        let nearest = match self.weekday(day) {
            6 if day == 1 => 3,
            6 => day - 1,
            0 if day == self.length => day - 2,
            0 => day + 1,
            _ => day,
        };
        self.bit(nearest)
    }
}

impl Days {
    /// The days of a month: bit 1 is the 1st.
    pub(super) fn of(&self, month: Month) -> u64 {
        match self {
            Self::Month(days) => days.of(month),
            Self::Week(days) => days.of(month),
            Self::Either(days, weekdays) => days.of(month) | weekdays.of(month),
            Self::Both(days, weekdays) => days.of(month) & weekdays.of(month),
        }
    }
}

impl MonthDays {
    fn of(&self, month: Month) -> u64 {
        match *self {
            Self::Set(days) => days & month.all(),
            Self::Last { before } => month.bit(month.length.saturating_sub(before)),
            Self::NearLast { before } => month.near(month.length.saturating_sub(before)),
            Self::Near { day } => month.near(day),
        }
    }
}

impl WeekDays {
    fn of(&self, month: Month) -> u64 {
        match *self {
            Self::Set(weekdays) => (1..=month.length)
                .filter(|day| weekdays & (1 << month.weekday(*day)) != 0)
                .fold(0, |all, day| all | 1 << day),
            Self::Last { weekday } => {
                let first = month.first_on(weekday);
                month.bit(first + (month.length - first) / 7 * 7)
            }
            Self::Nth { weekday, nth } => month.bit(month.first_on(weekday) + 7 * (nth - 1)),
        }
    }
}
