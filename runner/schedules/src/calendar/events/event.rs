//! One VEVENT.

use std::collections::HashSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp, ToSpan as _};

use super::Wrong;
use super::lines::{Line, lines};
use super::moment::Moment;
use super::recurrence::{Budget, Recurrence};
use crate::Zone;

/// The longest event.
const LONGEST_DAYS: i64 = 3660;
/// The most days and times of an event's EXDATEs, and of its RDATEs.
const MOST_DATES: usize = 10_000;
/// What an event has once.
const ONCE: [&str; 6] = ["DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "STATUS"];
/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 100;

/// An event.
#[derive(Debug)]
pub(super) struct Event {
    /// The line of its beginning in the file.
    pub(super) line: u64,
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) is_cancelled: bool,
    /// When it is one time of a repeated event that takes place at another: which one.
    pub(super) moved_from: Option<Moment>,
    start: Moment,
    length: Length,
    recurrence: Option<Recurrence>,
    except: Vec<Moment>,
    also: Vec<Moment>,
}

/// How long an event is: days of the calendar, and real time.
#[derive(Clone, Copy, Debug, Default)]
struct Length {
    days: i64,
    time: SignedDuration,
}

/// The events of a text.
pub(super) fn read(text: &str, zone: &Zone) -> Result<Vec<Event>, Wrong> {
    let lines = lines(text)?;
    let is = |line: &Line, name: &str, what: &str| line.name == name && line.value.trim().eq_ignore_ascii_case(what);
    if !lines.first().is_some_and(|line| is(line, "BEGIN", "VCALENDAR")) {
        return Err(Wrong::at(1, "this is no iCalendar file", "it begins with `BEGIN:VCALENDAR`"));
    }
    let mut events = Vec::new();
    let mut rest = lines.as_slice();
    while let Some((line, after)) = rest.split_first() {
        rest = after;
        if is(line, "BEGIN", "VEVENT") {
            let length =
                length_of(after).ok_or_else(|| line.wrong("the event has no end", "it ends with `END:VEVENT`"))?;
            events.push(Event::of(line, &after[..length], zone)?);
            rest = &after[length + 1..];
        }
    }
    match lines.last() {
        Some(line) if !is(line, "END", "VCALENDAR") => {
            Err(line.wrong("the file ends before `END:VCALENDAR`", "it seems to be cut off: get the whole of it"))
        }
        _ => Ok(events),
    }
}

/// How many lines there are before the END of what began before them.
fn length_of(lines: &[Line]) -> Option<usize> {
    let mut deep = 1_usize;
    lines.iter().position(|line| {
        match line.name.as_str() {
            "BEGIN" => deep += 1,
            "END" => deep -= 1,
            _ => {}
        }
        deep == 0
    })
}

/// Refuses what says when an event takes place and is not understood here: an event at other times than its file's would be worse.
fn unread(own: &[&Line]) -> Result<(), Wrong> {
    if let Some(line) = own.iter().find(|line| line.name == "EXRULE") {
        return Err(line.wrong("EXRULE is not read", "name the days and times that are left out by EXDATE"));
    }
    for name in ONCE {
        if let Some(line) = own.iter().filter(|line| line.name == name).nth(1) {
            return Err(line.wrong(format!("a second {name} of an event is not read"), "make another event of it"));
        }
    }
    let find = |name: &str| own.iter().find(|line| line.name == name);
    match (find("DTEND"), find("DURATION")) {
        (Some(_), Some(line)) => Err(line.wrong("an event has DTEND or DURATION, not both", "leave one of them out")),
        _ => Ok(()),
    }
}

/// The days and times of all lines of this name.
fn dates(own: &[&Line], name: &str) -> Result<Vec<Moment>, Wrong> {
    let mut all = Vec::new();
    for line in own.iter().filter(|line| line.name == name) {
        all.extend(Moment::all(line)?);
        if all.len() > MOST_DATES {
            let why = format!("the event has more than {MOST_DATES} days and times as {name}");
            return Err(line.wrong(why, "make several events of it, or a rule"));
        }
    }
    Ok(all)
}

impl Event {
    /// The event of these lines.
    fn of(begin: &Line, lines: &[Line], zone: &Zone) -> Result<Self, Wrong> {
        let mut own = Vec::new();
        let mut deep = 0_usize;
        for line in lines {
            match line.name.as_str() {
                "BEGIN" => deep += 1,
                "END" => deep = deep.saturating_sub(1),
                _ if deep == 0 => own.push(line),
                _ => {}
            }
        }
        unread(&own)?;
        let find = |name: &str| own.iter().copied().find(|line| line.name == name);
        let start = find("DTSTART").ok_or_else(|| begin.wrong("the event has no DTSTART", "say when it begins"))?;
        let start = Moment::of(start)?;
        let length = Length::of(&start, find("DTEND"), find("DURATION"), zone)?;
        if let Some(line) = find("RECURRENCE-ID").filter(|line| line.parameter("RANGE").is_some()) {
            return Err(line
                .wrong("a RECURRENCE-ID with a RANGE is not read", "end the rule before it, and make another event"));
        }
        Ok(Self {
            line: begin.number,
            uid: find("UID").map(|line| line.value.clone()).unwrap_or_default(),
            name: find("SUMMARY")
                .map(|line| name(&line.value))
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "an event".to_owned()),
            is_cancelled: find("STATUS").is_some_and(|line| line.value.trim().eq_ignore_ascii_case("CANCELLED")),
            moved_from: find("RECURRENCE-ID").map(Moment::of).transpose()?,
            recurrence: find("RRULE").map(Recurrence::of).transpose()?,
            except: dates(&own, "EXDATE")?,
            also: dates(&own, "RDATE")?,
            start,
            length,
        })
    }

    /// When it takes place, without the times that stand as events of their own; never when it takes no time.
    pub(super) fn occurrences(
        &self,
        zone: &Zone,
        moved: &[Timestamp],
        budget: &mut Budget,
    ) -> Result<Vec<(Timestamp, Timestamp)>, Wrong> {
        if self.length.is_nothing() {
            return Ok(Vec::new());
        }
        let mut starts = vec![self.start.clone()];
        if let (Some(recurrence), None) = (&self.recurrence, &self.moved_from) {
            starts.extend(recurrence.starts(&self.start, zone, budget)?);
        }
        starts.extend(self.also.iter().cloned());
        let except: HashSet<Timestamp> =
            self.except.iter().filter_map(|it| it.instant(zone)).chain(moved.iter().copied()).collect();
        // A day takes out whatever begins on it.
        let is_day = |it: &&Moment| matches!(it, Moment::Day(_));
        let days: HashSet<Date> = self.except.iter().filter(is_day).map(|it| it.written().date()).collect();
        let mut all: Vec<(Timestamp, Timestamp)> = starts
            .iter()
            .filter(|start| !days.contains(&start.written().date()))
            .filter_map(|start| Some((start.instant(zone)?, self.length.end(start, zone)?)))
            .filter(|(start, _)| !except.contains(start))
            .collect();
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }
}

impl Length {
    /// From DTEND or DURATION; a day that has neither is a whole one, and a time takes none. A day that ends as it begins is a whole
    /// one too: some write its last day as DTEND and not, as they should, the day after.
    fn of(start: &Moment, end: Option<&Line>, duration: Option<&Line>, zone: &Zone) -> Result<Self, Wrong> {
        let (length, line) = match (end, duration) {
            (Some(line), _) => (Self::until(start, &Moment::of(line)?, zone), line),
            (None, Some(line)) => (Self::written(&line.value), line),
            (None, None) => return Ok(Self::least(start)),
        };
        let hint = format!("an event ends after it begins, at most {LONGEST_DAYS} days later");
        let length =
            length.ok_or_else(|| line.wrong(format!("{}: this is no length of an event", line.name), &*hint))?;
        let seconds = i128::from(length.days) * 86_400 + i128::from(length.time.as_secs());
        if length.days < 0 || seconds < 0 || seconds > i128::from(LONGEST_DAYS) * 86_400 {
            return Err(line.wrong(format!("{}: the event ends before it begins, or very long after", line.name), hint));
        }
        Ok(if length.is_nothing() { Self::least(start) } else { length })
    }

    /// Of what says no length.
    fn least(start: &Moment) -> Self {
        Self { days: i64::from(matches!(start, Moment::Day(_))), time: SignedDuration::ZERO }
    }

    fn is_nothing(self) -> bool {
        self.days == 0 && self.time.is_zero()
    }

    fn until(start: &Moment, end: &Moment, zone: &Zone) -> Option<Self> {
        if let (Moment::Day(start), Moment::Day(end)) = (start, end) {
            let days = i64::from(start.until(*end).ok()?.get_days());
            return Some(Self { days, time: SignedDuration::ZERO });
        }
        let time = end.instant(zone)?.duration_since(start.instant(zone)?);
        Some(Self { days: 0, time })
    }

    fn written(text: &str) -> Option<Self> {
        let span: Span = text.trim().parse().ok()?;
        if span.get_years() != 0 || span.get_months() != 0 {
            return None;
        }
        let days = i64::from(span.get_days()) + 7 * i64::from(span.get_weeks());
        let seconds = [(i64::from(span.get_hours()), 3600), (span.get_minutes(), 60), (span.get_seconds(), 1)];
        let seconds =
            seconds.iter().try_fold(0_i64, |sum, (count, unit)| sum.checked_add(count.checked_mul(*unit)?))?;
        Some(Self { days, time: SignedDuration::from_secs(seconds) })
    }

    fn end(self, start: &Moment, zone: &Zone) -> Option<Timestamp> {
        let day = start.with(start.written().checked_add(self.days.days()).ok()?);
        day.instant(zone)?.checked_add(self.time).ok()
    }
}

/// A text without escapes and control characters, in reasonable length.
fn name(value: &str) -> String {
    let mut text = String::new();
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match (c, c == '\\') {
            (_, true) => text.extend(characters.next().map(|c| if matches!(c, 'n' | 'N') { ' ' } else { c })),
            (c, false) => text.push(if c.is_control() { ' ' } else { c }),
        }
    }
    text.trim().chars().take(LONGEST_NAME).collect()
}
