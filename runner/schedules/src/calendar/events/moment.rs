//! Days and times as iCalendar writes them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use super::Wrong;
use super::lines::Line;
use crate::Zone;

/// A day or a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// `20261225`, in the zone of the calendar.
    Day(Date),
    /// `20261225T180000`, in a zone, else in that of the calendar.
    Local(DateTime, Option<Zone>),
    /// `20261225T170000Z`
    Utc(DateTime),
}

impl Moment {
    /// The only value of a line.
    pub(super) fn of(line: &Line) -> Result<Self, Wrong> {
        Self::one(line, &line.value)
    }

    /// The values of a line, which is a list.
    pub(super) fn all(line: &Line) -> Result<Vec<Self>, Wrong> {
        if line.parameter("VALUE").is_some_and(|value| value.eq_ignore_ascii_case("PERIOD")) {
            return Err(line.wrong("periods are not read", "give days or times, or an event of its own"));
        }
        line.value.split(',').map(|text| Self::one(line, text)).collect()
    }

    fn one(line: &Line, text: &str) -> Result<Self, Wrong> {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
        let wrong = || {
            let hint = "a day is `20261225`, a time `20261225T180000` or `20261225T170000Z`, from 1900 to 2100";
            line.wrong(format!("{}: `{shown}` is no day or time", line.name), hint)
        };
        let moment = Self::parse(text.trim()).ok_or_else(wrong)?;
        match (moment, line.parameter("TZID")) {
            (Self::Local(local, _), Some(name)) => {
                let zone = Zone::parse(name).map_err(|error| {
                    let hint = format!("{}; the rules of a VTIMEZONE are not read", error.hint);
                    line.wrong(format!("{}: {error}", line.name), hint)
                })?;
                Ok(Self::Local(local, Some(zone)))
            }
            (moment, _) => Ok(moment),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(text) = text.strip_suffix('Z') {
            let (date, time) = text.split_once('T')?;
            return Some(Self::Utc(day(date)?.to_datetime(time_of(time)?)));
        }
        match text.split_once('T') {
            Some((date, time)) => Some(Self::Local(day(date)?.to_datetime(time_of(time)?), None)),
            None => day(text).map(Self::Day),
        }
    }

    /// What is written, without a zone.
    pub(super) fn written(&self) -> DateTime {
        match self {
            Self::Day(date) => date.to_datetime(Time::midnight()),
            Self::Local(time, _) | Self::Utc(time) => *time,
        }
    }

    /// The same kind, with another day and time.
    pub(super) fn with(&self, written: DateTime) -> Self {
        match self {
            Self::Day(_) => Self::Day(written.date()),
            Self::Local(_, zone) => Self::Local(written, zone.clone()),
            Self::Utc(_) => Self::Utc(written),
        }
    }

    /// The instant, that of its beginning for a day. A time that clocks skip is as much later as they are put forward.
    pub(super) fn instant(&self, calendar: &Zone) -> Option<Timestamp> {
        let zone = match self {
            Self::Day(_) | Self::Local(_, None) => calendar,
            Self::Local(_, Some(zone)) => zone,
            Self::Utc(_) => &Zone::UTC,
        };
        zone.time_zone().to_ambiguous_timestamp(self.written()).compatible().ok()
    }
}

fn day(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let year = if digits { text[..4].parse::<i16>().ok()? } else { return None };
    let date = Date::new(year, text[4..6].parse().ok()?, text[6..].parse().ok()?).ok()?;
    (1900..=2100).contains(&year).then_some(date)
}

fn time_of(text: &str) -> Option<Time> {
    if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // A leap second is the second before.
    let second: i8 = text[4..].parse().ok()?;
    Time::new(text[..2].parse().ok()?, text[2..4].parse().ok()?, if second == 60 { 59 } else { second }, 0).ok()
}
