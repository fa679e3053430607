use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::words::{duration, moment};
use crate::{CronError, Due, Expression, UnknownZone, Zone};

/// When something is due, and in which time zone.
///
/// It is stored as JSON: `{"cron": "30 2 * * *", "zone": "Europe/Berlin"}`, `{"every": 900}` in seconds or
/// `{"at": "2026-12-24T17:00:00Z"}`. Whoever reads that passes over keys that a later version has added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Schedule {
    /// Which times.
    pub timing: Timing,
    /// Where clocks show them.
    pub zone: Zone,
}

/// The times of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timing {
    /// What clocks show.
    Cron(Box<Expression>),
    /// Again and again after the same time.
    Every(Every),
    /// Once.
    At(Timestamp),
}

/// An interval of real time: what clocks are put to makes no difference to it, so that `every: 24h` is an hour later or
/// earlier by the clock in summer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every {
    seconds: i64,
    anchor: Timestamp,
}

/// Why a schedule cannot be one.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The cron expression is none.
    #[error("the cron expression `{text}`: {error}")]
    Cron {
        /// The expression.
        text: String,
        /// What is wrong with it.
        error: CronError,
    },
    /// There is no such time zone.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    /// The interval is none.
    #[error("{0}")]
    Every(String),
    /// There are several times, or none.
    #[error("a schedule has one of the keys `cron`, `every` and `at`")]
    Timing,
    /// The stored text is none.
    #[error("the stored schedule is no JSON of one: {0}")]
    Json(#[from] serde_json::Error),
}

impl Schedule {
    /// The next time it is due, strictly after an instant; none when there is no further one up to the year 2099.
    pub fn after(&self, after: Timestamp) -> Option<Due> {
        let due = |at| Some(self.due(at));
        match &self.timing {
            Timing::Cron(expression) => self.zone.cron_after(expression, after),
            Timing::Every(every) => due(every.after(after)?),
            Timing::At(at) => due(*at).filter(|due| due.at > after),
        }
    }

    /// All times it is due, in order, strictly after an instant.
    pub fn times(&self, after: Timestamp) -> impl Iterator<Item = Due> {
        std::iter::successors(self.after(after), |due| self.after(due.at))
    }

    /// For people: `at 02:30 every day (Europe/Berlin)`.
    pub fn describe(&self) -> String {
        match &self.timing {
            Timing::Cron(expression) => format!("{} ({})", expression.describe(), self.zone),
            Timing::Every(every) => every.describe(),
            Timing::At(at) => format!("once at {} ({})", moment(self.due(*at).local), self.zone),
        }
    }

    /// As it is stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a schedule is texts and numbers")
    }

    /// Out of what was stored.
    ///
    /// # Errors
    /// What is wrong with it; it was written by a version that knows more, or by none.
    pub fn from_json(text: &str) -> Result<Self, ScheduleError> {
        serde_json::from_str::<Stored>(text)?.try_into()
    }

    fn due(&self, at: Timestamp) -> Due {
        let offset = self.zone.time_zone().to_offset(at);
        Due { at, local: offset.to_datetime(at), offset, note: None }
    }
}

impl Timing {
    /// Reads a cron expression.
    ///
    /// # Errors
    /// What is wrong with it and where.
    pub fn cron(text: &str) -> Result<Self, CronError> {
        Ok(Self::Cron(Box::new(Expression::parse(text)?)))
    }

    /// Once, at an instant; what is below a millisecond does not count, since due times are kept in milliseconds.
    pub fn at(instant: Timestamp) -> Self {
        Self::At(Timestamp::from_millisecond(instant.as_millisecond()).unwrap_or(instant))
    }
}

/// As a person writes it: `30 2 * * *`, `every 15m`, `at 2026-12-24T17:00:00Z`.
impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cron(expression) => expression.fmt(f),
            Self::Every(every) => every.fmt(f),
            Self::At(at) => write!(f, "at {at}"),
        }
    }
}

impl Every {
    /// The shortest.
    pub const SHORTEST: Duration = Duration::from_secs(1);
    /// The longest.
    pub const LONGEST: Duration = Duration::from_secs(366 * 86_400);

    /// An interval of whole seconds that is counted from 1970-01-01T00:00:00Z, so that everybody agrees on its times:
    /// `every: 15m` is due at each quarter of an hour.
    ///
    /// # Errors
    /// The reason: the interval is too short, too long, or has a part of a second.
    pub fn new(interval: Duration) -> Result<Self, String> {
        if !(Self::SHORTEST..=Self::LONGEST).contains(&interval) || interval.subsec_nanos() != 0 {
            return Err("an interval is 1s to 366d, in whole seconds".to_owned());
        }
        let seconds = i64::try_from(interval.as_secs()).expect("it is at most a year");
        Ok(Self { seconds, anchor: Timestamp::UNIX_EPOCH })
    }

    /// The same, counted from another instant.
    #[must_use]
    pub fn from(self, anchor: Timestamp) -> Self {
        Self { anchor, ..self }
    }

    /// How long it is.
    pub fn interval(self) -> Duration {
        Duration::from_secs(self.seconds.unsigned_abs())
    }

    /// What it is counted from.
    pub fn anchor(self) -> Timestamp {
        self.anchor
    }

    fn after(self, after: Timestamp) -> Option<Timestamp> {
        // `div_euclid` of whole nanoseconds: instants before the anchor count as well.
        let passed = (after.as_nanosecond() - self.anchor.as_nanosecond()).div_euclid(1_000_000_000);
        let passed = i64::try_from(passed).ok()?;
        let next = (passed.div_euclid(self.seconds) + 1).checked_mul(self.seconds)?;
        self.anchor.checked_add(SignedDuration::from_secs(next)).ok()
    }

    fn describe(self) -> String {
        let from = match self.anchor == Timestamp::UNIX_EPOCH {
            true => String::new(),
            false => format!(", counted from {}", self.anchor),
        };
        format!("every {}{from}", duration(self.seconds))
    }
}

/// `every 1h30m`
impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("every ")?;
        let mut rest = self.seconds;
        for (unit, seconds) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] {
            if rest >= seconds {
                write!(f, "{}{unit}", rest / seconds)?;
                rest %= seconds;
            }
        }
        Ok(())
    }
}

/// The stored form. Keys are added, never changed: members of the version before read it too.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(skip_serializing_if = "Option::is_none")]
    cron: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    every: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
}

impl From<Schedule> for Stored {
    fn from(schedule: Schedule) -> Self {
        let zone = (schedule.zone != Zone::UTC).then(|| schedule.zone.name().to_owned());
        let none = Self { cron: None, every: None, anchor: None, at: None, zone };
        match schedule.timing {
            Timing::Cron(expression) => Self { cron: Some(expression.to_string()), ..none },
            Timing::Every(every) => Self {
                every: Some(every.interval().as_secs()),
                anchor: Some(every.anchor).filter(|anchor| *anchor != Timestamp::UNIX_EPOCH),
                ..none
            },
            Timing::At(at) => Self { at: Some(at), ..none },
        }
    }
}

impl TryFrom<Stored> for Schedule {
    type Error = ScheduleError;

    fn try_from(stored: Stored) -> Result<Self, ScheduleError> {
        let zone = stored.zone.map_or(Ok(Zone::UTC), |name| Zone::parse(&name))?;
        let timing = match (stored.cron, stored.every, stored.at) {
            (Some(text), None, None) => Timing::cron(&text).map_err(|error| ScheduleError::Cron { text, error })?,
            (None, Some(seconds), None) => {
                let every = Every::new(Duration::from_secs(seconds)).map_err(ScheduleError::Every)?;
                Timing::Every(stored.anchor.map_or(every, |anchor| every.from(anchor)))
            }
            (None, None, Some(at)) => Timing::at(at),
            _ => return Err(ScheduleError::Timing),
        };
        Ok(Self { timing, zone })
    }
}

#[cfg(test)]
mod tests;
