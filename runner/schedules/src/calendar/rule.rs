//! One rule of a calendar.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{Timestamp, ToSpan as _};

use super::Events;
use crate::words;

/// What has to hold at once; at least one thing is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarRule {
    /// What people call it.
    pub name: Option<String>,
    /// One of these dates; any when empty.
    pub dates: Vec<Dates>,
    /// One of these days of the week; any when empty.
    pub days: Vec<CalendarDay>,
    /// Between these hours. Those that go over midnight belong to the date and the day on which they begin.
    pub hours: Option<Hours>,
    /// While one of these events goes on.
    pub events: Option<Events>,
}

impl CalendarRule {
    /// Whether it says nothing, which would hold always.
    pub fn is_empty(&self) -> bool {
        self.dates.is_empty() && self.days.is_empty() && self.hours.is_none() && self.events.is_none()
    }

    /// What to call it when it holds at a time.
    pub(super) fn holds(&self, at: Timestamp, local: DateTime) -> Option<String> {
        let day = self.hours.map_or(Some(local.date()), |hours| hours.began(local))?;
        let dates = self.dates.iter().find(|dates| dates.contains(day));
        let weekday = CalendarDay(day.weekday());
        if (dates.is_none() && !self.dates.is_empty()) || !(self.days.is_empty() || self.days.contains(&weekday)) {
            return None;
        }
        let event = match &self.events {
            Some(events) => Some(events.at(at)?),
            None => None,
        };
        if let Some(name) = self.name.as_deref().or(event) {
            return Some(format!("{name} ({day})"));
        }
        let weekday = (!self.days.is_empty()).then(|| weekday.long().to_owned());
        let parts = [dates.map(ToString::to_string), weekday, self.hours.map(|hours| hours.to_string())];
        Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// A date, `2026-12-24`, or those from one to another, `2026-12-31..2027-01-02`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    first: Date,
    last: Date,
}

impl Dates {
    fn contains(self, date: Date) -> bool {
        (self.first..=self.last).contains(&date)
    }
}

impl FromStr for Dates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let date = |text: &str| {
            let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            let date = if plain { text.parse::<Date>().ok() } else { None };
            date.ok_or_else(|| format!("`{text}` is no date: write `2026-12-24` or `2026-12-31..2027-01-02`"))
        };
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let dates = Self { first: date(first.trim())?, last: date(last.trim())? };
        if dates.first > dates.last {
            return Err(format!("the dates end before they begin: write `{}..{}`", dates.last, dates.first));
        }
        Ok(dates)
    }
}

impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { self.first.fmt(f) } else { write!(f, "{}..{}", self.first, self.last) }
    }
}

/// A day of the week, `sat` or `Saturday`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarDay(Weekday);

const DAYS: [(&str, &str); 7] = [
    ("sun", "Sunday"),
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
];

impl CalendarDay {
    fn names(self) -> (&'static str, &'static str) {
        DAYS[usize::from(self.0.to_sunday_zero_offset().unsigned_abs())]
    }

    fn long(self) -> &'static str {
        self.names().1
    }
}

impl FromStr for CalendarDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = |(short, long): &(&str, &str)| text.eq_ignore_ascii_case(short) || text.eq_ignore_ascii_case(long);
        let position = DAYS.iter().position(known).and_then(|position| i8::try_from(position).ok());
        let day = position.and_then(|position| Weekday::from_sunday_zero_offset(position).ok());
        day.map(Self).ok_or_else(|| {
            format!("`{text}` is no day of the week: write `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`")
        })
    }
}

impl fmt::Display for CalendarDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names().0)
    }
}

/// Hours of a day, `22:00-06:00`: from the first on, before the last. They may go over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    from: Time,
    /// Midnight is the end of the day.
    to: Time,
}

impl Hours {
    /// The date on which the hours began that a time is in.
    fn began(self, local: DateTime) -> Option<Date> {
        let (date, time) = (local.date(), local.time());
        let to_midnight = self.to == Time::midnight();
        match self.from < self.to || to_midnight {
            true => (time >= self.from && (to_midnight || time < self.to)).then_some(date),
            false if time >= self.from => Some(date),
            false => (time < self.to).then(|| date.saturating_sub(1.day())),
        }
    }
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` are no hours: write `22:00-06:00`");
        let time = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            let (true, true) = (digits(hour), digits(minute)) else { return None };
            Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
        };
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let to = if to.trim() == "24:00" { "00:00" } else { to };
        let hours = Self { from: time(from).ok_or_else(wrong)?, to: time(to).ok_or_else(wrong)? };
        if hours.from == hours.to && hours.from != Time::midnight() {
            return Err(format!("`{text}` end when they begin: for the whole day leave the hours out"));
        }
        Ok(hours)
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = if self.to == Time::midnight() { "24:00".to_owned() } else { words::time(self.to) };
        write!(f, "{}-{to}", words::time(self.from))
    }
}
