//! One item of a field's list: a number, a name, a range, all of them, each with a step.

use std::ops::Range;

use super::CronError;
use super::field::{Dialect, Field};

/// A field as it is written.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) field: Field,
    pub(super) dialect: Dialect,
    pub(super) text: &'a str,
    /// Where it begins in the expression.
    pub(super) start: usize,
}

/// The values of an item, in the order of the step.
pub(super) struct Item {
    pub(super) values: Vec<i16>,
    /// Whether it goes on evenly from the beginning: `*`, `*/4`, `0/4`.
    pub(super) open: bool,
}

impl<'a> Written<'a> {
    /// The items of its list.
    pub(super) fn items(self) -> impl Iterator<Item = Written<'a>> {
        let starts = std::iter::once(0).chain(self.text.match_indices(',').map(|(at, _)| at + 1));
        starts.zip(self.text.split(',')).map(move |(at, text)| Written { text, start: self.start + at, ..self })
    }

    /// The part from a byte to another.
    pub(super) fn part(self, range: Range<usize>) -> Self {
        Self { start: self.start + range.start, text: &self.text[range], ..self }
    }

    /// That it breaks a rule.
    pub(super) fn wrong(self, why: &str, hint: impl Into<String>) -> CronError {
        let (start, length) = (self.start, self.text.len());
        let message = format!("{} `{}`: {why}", self.field, self.text);
        CronError { field: Some(self.field), range: start..start + length, message, hint: hint.into() }
    }

    /// The values of one item.
    pub(super) fn item(self) -> Result<Item, CronError> {
        let (base, step) = match self.text.find('/') {
            Some(at) => (self.part(0..at), Some(self.part(at + 1..self.text.len()))),
            None => (self, None),
        };
        let (least, most) = self.field.bounds(self.dialect);
        let by = step.map_or(Ok(1), Self::step)?;
        // A step without a beginning is one of all, as Quartz has it.
        if base.text == "*" || (base.text.is_empty() && step.is_some() && self.dialect == Dialect::Quartz) {
            // Sunday is not there twice.
            let most = if self.field == Field::Weekday { least + 6 } else { most };
            return Ok(Item { values: (least..=most).step_by(by).collect(), open: true });
        }
        let (from, to) = match base.text.find('-') {
            Some(at) => (base.part(0..at).value()?, base.part(at + 1..base.text.len()).value()?),
            None if step.is_some() => (base.value()?, most),
            None => return Ok(Item { values: vec![base.value()?], open: false }),
        };
        let open = step.is_some() && from == least && !base.text.contains('-');
        Ok(Item { values: self.range(from, to)?.step_by(by).collect(), open })
    }

    /// From one value to another, past the end and on from the beginning where the first is greater.
    fn range(self, from: i16, to: i16) -> Result<impl Iterator<Item = i16>, CronError> {
        let (least, most) = self.field.bounds(self.dialect);
        if self.field == Field::Year && from > to {
            return Err(self.wrong("years go on, they do not begin again", format!("write `{to}-{from}`")));
        }
        // Of the two numbers of Sunday, the one that the range begins with is its beginning.
        let sunday_twice = self.field == Field::Weekday && self.dialect == Dialect::Unix;
        let from = if sunday_twice && from == 7 && to < 7 { 0 } else { from };
        let first_again = if from > to { Some(least..=to) } else { None };
        let last = if from > to { if sunday_twice { 6 } else { most } } else { to };
        Ok((from..=last).chain(first_again.into_iter().flatten()))
    }

    fn step(self) -> Result<usize, CronError> {
        let (_, most) = self.field.bounds(self.dialect);
        let most = if self.field == Field::Year { 129 } else { most };
        let step = self.number().filter(|step| (1..=most).contains(step));
        step.and_then(|step| usize::try_from(step).ok()).ok_or_else(|| {
            let message = format!("{}: `{}` is no step", self.field, self.text);
            let hint = format!("write a number from 1 to {most} behind `/`");
            CronError { message, ..self.wrong("", hint) }
        })
    }

    /// A number or a name.
    pub(super) fn value(self) -> Result<i16, CronError> {
        if let Some(value) = self.field.named(self.dialect, self.text) {
            return Ok(value);
        }
        let (least, most) = self.field.bounds(self.dialect);
        match self.number() {
            Some(number) if (least..=most).contains(&number) => Ok(number),
            Some(_) => Err(self.wrong("there is none", self.field.values(self.dialect))),
            None if self.text.is_empty() => {
                let hint = format!("write a value at both sides of `,` and `-`; {}", self.field.values(self.dialect));
                Err(CronError { message: format!("{}: a value is missing", self.field), ..self.wrong("", hint) })
            }
            None => Err(self.no_value()),
        }
    }

    fn no_value(self) -> CronError {
        if let Some(name) = self.field.nearest(self.text) {
            return self.wrong("there is none", format!("did you mean `{name}`?"));
        }
        let special = self.text.contains(['L', 'l', 'W', 'w', '#', '?']);
        let hint = match (self.field, self.dialect) {
            (Field::DayOfMonth | Field::Weekday, Dialect::Unix) if special => {
                "`?`, `L`, `W` and `#` go with six or seven fields: write `0 ` in front, and `?` for one of the two kinds of days".to_owned()
            }
            (Field::DayOfMonth, Dialect::Quartz) if special => {
                "write `L`, `L-3`, `LW` or `15W`, alone in the field".to_owned()
            }
            (Field::Weekday, Dialect::Quartz) if special => {
                "write `FRIL` or `FRI#3`, alone in the field".to_owned()
            }
            _ => self.field.values(self.dialect),
        };
        self.wrong("this is no value", hint)
    }

    /// Up to four digits.
    pub(super) fn number(self) -> Option<i16> {
        let digits = (1..=4).contains(&self.text.len()) && self.text.bytes().all(|b| b.is_ascii_digit());
        if digits { self.text.parse().ok() } else { None }
    }
}
