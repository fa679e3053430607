//! RRULE: the rules themselves are the crate `rrule`'s; here is what keeps them within bounds.
//!
//! A rule is followed as though its times were in UTC, and what comes out is put into the event's zone: so the crate's own time zones,
//! which might be of another release than ours, are never asked.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use rrule::RRuleSet;

use super::Wrong;
use super::lines::Line;
use super::moment::Moment;
use crate::Zone;

/// Nothing is expanded from here on.
const END: i16 = 2100;
/// The longest rule in bytes.
const LONGEST: usize = 500;
/// How many days, weeks, months or years the rules of a file may look at together.
const MOST_STEPS: u64 = 250_000;
const PARTS: [&str; 6] = ["BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS"];

/// What the rules of a file may still take.
#[derive(Debug, Default)]
pub(super) struct Budget {
    steps: u64,
}

/// A rule by which an event repeats.
#[derive(Debug)]
pub(super) struct Recurrence {
    line: u64,
    /// Without UNTIL.
    rule: String,
    until: Option<Moment>,
    count: Option<usize>,
    /// How many days a step is at least.
    step: u64,
    /// Whether there may be steps on which it does not take place.
    is_sparse: bool,
}

impl Recurrence {
    pub(super) fn of(line: &Line) -> Result<Self, Wrong> {
        let text = line.value.trim().to_ascii_uppercase();
        let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"=;,+-".contains(&b);
        if text.len() > LONGEST || !text.bytes().all(plain) {
            return Err(line.wrong("RRULE: this is no rule", "a rule is `FREQ=YEARLY;BYMONTH=5;BYDAY=1MO`"));
        }
        let mut read =
            Self { line: line.number, rule: String::new(), until: None, count: None, step: 0, is_sparse: false };
        let (mut days, mut interval) = (0, 1);
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let number = || value.parse::<u16>().ok().filter(|number| *number > 0);
            let no_number = || line.wrong(format!("RRULE: {name} is a number from 1 on"), "mend the rule");
            let no_moment = || line.wrong("RRULE: UNTIL is no day or time", "write `UNTIL=20271231`");
            match name {
                "FREQ" => days = frequency(line, value)?,
                "UNTIL" => read.until = Some(Moment::parse(value).ok_or_else(no_moment)?),
                "INTERVAL" => interval = number().ok_or_else(no_number)?.into(),
                "COUNT" => read.count = Some(number().ok_or_else(no_number)?.into()),
                "WKST" => {}
                known if PARTS.contains(&known) => read.is_sparse = true,
                other => {
                    let hint = "a rule has days: FREQ, INTERVAL, UNTIL, COUNT, BYDAY, BYMONTHDAY, BYYEARDAY, BYWEEKNO, BYMONTH, BYSETPOS and WKST";
                    return Err(line.wrong(format!("RRULE: `{other}` is not read"), hint));
                }
            }
            if name != "UNTIL" {
                read.rule += if read.rule.is_empty() { "" } else { ";" };
                read.rule += part;
            }
        }
        read.step = days * interval;
        match read.step {
            0 => Err(line.wrong("RRULE: the rule has no FREQ", "a rule is `FREQ=YEARLY`")),
            _ => Ok(read),
        }
    }

    /// When the event begins after its first time, up to the year 2100.
    pub(super) fn starts(&self, first: &Moment, zone: &Zone, budget: &mut Budget) -> Result<Vec<Moment>, Wrong> {
        let wrong = |why: String, hint: &str| Wrong::at(self.line, format!("RRULE: {why}"), hint);
        let from = first.written();
        budget.take(self.steps(from)).ok_or_else(|| {
            let hint = "give the rules an UNTIL, or say it by `days` and `hours` of the calendar";
            wrong("the rules of this file repeat too often up to the year 2100".to_owned(), hint)
        })?;
        let text = format!("DTSTART:{}Z\nRRULE:{}", from.strftime("%Y%m%dT%H%M%S"), self.rule);
        let set: RRuleSet = text.parse().map_err(|error: rrule::RRuleError| {
            let said: String = error.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
            wrong(said, "mend the rule")
        })?;
        let (mut starts, mut ended) = (Vec::new(), false);
        for at in &set.limit() {
            let written = Timestamp::from_second(at.timestamp()).ok().map(|at| Offset::UTC.to_datetime(at));
            let start = written.filter(|it| it.year() < END).map(|written| first.with(written));
            ended = start.as_ref().is_none_or(|start| !self.is_within(start, zone));
            if ended {
                break;
            }
            starts.extend(start);
        }
        let counted = self.count.is_some_and(|count| starts.len() >= count);
        if !ended && !counted {
            return Err(wrong(
                "the rule never comes, or not as often as it says".to_owned(),
                "compare its days with its months",
            ));
        }
        Ok(starts)
    }

    /// How many steps it takes from its first time to its end, at most.
    fn steps(&self, from: DateTime) -> u64 {
        let last = self.until.as_ref().map_or(END, |until| until.written().year().min(END));
        let days = u64::try_from(last - from.year()).map_or(0, |years| years + 1) * 366;
        let counted = self.count.filter(|_| !self.is_sparse).and_then(|count| u64::try_from(count).ok());
        (days / self.step + 1).min(counted.unwrap_or(u64::MAX))
    }

    fn is_within(&self, start: &Moment, zone: &Zone) -> bool {
        match &self.until {
            None => true,
            Some(Moment::Day(last)) => start.written().date() <= *last,
            Some(Moment::Local(last, _)) => start.written() <= *last,
            Some(utc @ Moment::Utc(_)) => start.instant(zone) <= utc.instant(zone),
        }
    }
}

/// How many days a step is.
fn frequency(line: &Line, value: &str) -> Result<u64, Wrong> {
    match value {
        "DAILY" => Ok(1),
        "WEEKLY" => Ok(7),
        "MONTHLY" => Ok(28),
        "YEARLY" => Ok(365),
        _ => {
            let hint = "an event repeats DAILY, WEEKLY, MONTHLY or YEARLY";
            Err(line.wrong("RRULE: this FREQ is not read", hint))
        }
    }
}

impl Budget {
    fn take(&mut self, steps: u64) -> Option<()> {
        self.steps += steps;
        (self.steps <= MOST_STEPS).then_some(())
    }
}
