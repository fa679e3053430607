//! The first civil time that an expression allows: field by field from the year down, so that it takes no longer for a time
//! that is years away.

use jiff::civil::{Date, DateTime, Time};

use super::Expression;
use super::days::Month;

/// The first year that an expression can mean.
const FIRST_YEAR: i16 = 1970;
/// The last one.
pub(crate) const LAST_YEAR: i16 = 2099;

impl Expression {
    /// The first time, in whole seconds, at or after another that the fields allow; none after the year 2099.
    pub(crate) fn at_or_after(&self, from: DateTime) -> Option<DateTime> {
        let from = from.max(Date::constant(FIRST_YEAR, 1, 1).at(0, 0, 0, 0));
        let day = self.day_from(from.date())?;
        if day > from.date() {
            return Some(day.to_datetime(self.time_from(Time::midnight())?));
        }
        if let Some(time) = self.time_from(from.time()) {
            return Some(day.to_datetime(time));
        }
        let later = self.day_from(day.tomorrow().ok()?)?;
        Some(later.to_datetime(self.time_from(Time::midnight())?))
    }

    /// Whether any day is ever like this.
    pub(super) fn is_possible(&self) -> bool {
        self.day_from(Date::constant(FIRST_YEAR, 1, 1)).is_some()
    }

    fn day_from(&self, from: Date) -> Option<Date> {
        (from.year()..=LAST_YEAR).filter(|year| self.years.as_ref().is_none_or(|years| years.contains(year))).find_map(
            |year| {
                let (month, day) = if year == from.year() { (from.month(), from.day()) } else { (1, 1) };
                bits_from(self.months, month).find_map(|each| {
                    let first = Date::new(year, each, 1).ok()?;
                    let day = if each == month { day } else { 1 };
                    let day = bits_from(self.days.of(Month::of(first)), day).next()?;
                    Date::new(year, each, day).ok()
                })
            },
        )
    }

    fn time_from(&self, from: Time) -> Option<Time> {
        bits_from(self.hours, from.hour()).find_map(|hour| {
            let (minute, second) = if hour == from.hour() { (from.minute(), from.second()) } else { (0, 0) };
            bits_from(self.minutes, minute).find_map(|each| {
                let second = if each == minute { second } else { 0 };
                Time::new(hour, each, bits_from(self.seconds, second).next()?, 0).ok()
            })
        })
    }
}

/// The numbers of the bits that are set, from one on.
pub(super) fn bits_from(bits: u64, least: i8) -> impl Iterator<Item = i8> {
    let mut rest = bits >> least.unsigned_abs() << least.unsigned_abs();
    std::iter::from_fn(move || {
        let next = (rest != 0).then(|| rest.trailing_zeros())?;
        rest &= rest - 1;
        i8::try_from(next).ok()
    })
}
