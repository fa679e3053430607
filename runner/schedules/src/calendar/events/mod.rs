//! The events of an iCalendar file (RFC 5545), as stretches of time up to the year 2100.
//!
//! Read are VEVENTs with DTSTART, DTEND or DURATION, RRULE, RDATE, EXDATE, RECURRENCE-ID, STATUS and SUMMARY; times are in UTC, in a zone of
//! the IANA database by TZID, or in the calendar's. Deliberately absent: rules of a VTIMEZONE (its name is looked up), alarms, to-dos, and
//! events that repeat more often than daily. All of it is bounded, since the file is another's.

mod event;
mod lines;
mod moment;
mod recurrence;

use std::collections::HashMap;

use jiff::Timestamp;

use crate::Zone;

use event::{Event, read};
use recurrence::Budget;

/// The largest file in bytes.
const LARGEST: usize = 1 << 20;
/// The most times that events of a file take place, all together.
const MOST_OCCURRENCES: usize = 100_000;

/// The events of an iCalendar file.
#[derive(Clone, Debug)]
pub struct Events {
    file: String,
    text: String,
    names: Vec<String>,
    /// By their beginning.
    occurrences: Vec<Occurrence>,
}

#[derive(Clone, Copy, Debug)]
struct Occurrence {
    start: Timestamp,
    end: Timestamp,
    /// The last end of this one and all before it.
    last_end: Timestamp,
    name: usize,
}

/// What is wrong with an iCalendar file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{file}`, line {line}: {message}")]
pub struct EventsError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// The same of a file that is not named yet.
#[derive(Debug)]
struct Wrong {
    line: u64,
    message: String,
    hint: String,
}

impl Wrong {
    fn at(line: u64, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { line, message: message.into(), hint: hint.into() }
    }
}

impl Events {
    /// Reads the text of a file; days and times without a zone are those of `zone`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line: no iCalendar file, an event without a beginning, a zone that there is not, a rule
    /// that never comes or too often.
    pub fn parse(file: &str, text: String, zone: &Zone) -> Result<Self, EventsError> {
        let events = Self { file: file.to_owned(), text, names: Vec::new(), occurrences: Vec::new() };
        events.filled(zone).map_err(|wrong| EventsError {
            file: file.to_owned(),
            line: wrong.line,
            message: wrong.message,
            hint: wrong.hint,
        })
    }

    /// The file that they were read from.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How often events take place, up to the year 2100.
    pub fn count(&self) -> usize {
        self.occurrences.len()
    }

    /// The event that goes on at an instant: of several, the one that began last.
    pub(super) fn at(&self, at: Timestamp) -> Option<&str> {
        let begun = self.occurrences.partition_point(|it| it.start <= at);
        let mut before = self.occurrences[..begun].iter().rev().take_while(|it| it.last_end > at);
        before.find(|it| it.end > at).map(|it| self.names[it.name].as_str())
    }

    fn filled(mut self, zone: &Zone) -> Result<Self, Wrong> {
        if self.text.len() > LARGEST {
            return Err(Wrong::at(1, format!("the file is larger than {LARGEST} bytes"), "leave out what is over"));
        }
        let events = read(&self.text, zone)?;
        let moved = moved(&events, zone);
        let mut budget = Budget::default();
        for event in events.iter().filter(|event| !event.is_cancelled) {
            let moved = if event.moved_from.is_none() { moved.get(event.uid.as_str()) } else { None };
            let name = self.names.len();
            for (start, end) in event.occurrences(zone, moved.map_or(&[], Vec::as_slice), &mut budget)? {
                self.occurrences.push(Occurrence { start, end, last_end: end, name });
            }
            if self.occurrences.len() > MOST_OCCURRENCES {
                let why = format!(
                    "the events of this file take place more than {MOST_OCCURRENCES} times up to the year 2100"
                );
                return Err(Wrong::at(event.line, why, "give rules an UNTIL or a COUNT"));
            }
            self.names.push(event.name.clone());
        }
        self.occurrences.sort_by_key(|it| it.start);
        let mut last_end = Timestamp::MIN;
        for occurrence in &mut self.occurrences {
            last_end = last_end.max(occurrence.end);
            occurrence.last_end = last_end;
        }
        Ok(self)
    }
}

/// The times of repeated events that stand as events of their own, by the event's UID.
fn moved<'a>(events: &'a [Event], zone: &Zone) -> HashMap<&'a str, Vec<Timestamp>> {
    let mut moved: HashMap<&str, Vec<Timestamp>> = HashMap::new();
    for event in events {
        let from = event.moved_from.as_ref().and_then(|from| from.instant(zone));
        if let Some(from) = from {
            moved.entry(&event.uid).or_default().push(from);
        }
    }
    moved
}

/// What is read follows from the text.
impl PartialEq for Events {
    fn eq(&self, other: &Self) -> bool {
        (&self.file, &self.text) == (&other.file, &other.text)
    }
}

impl Eq for Events {}

#[cfg(test)]
mod tests;
