//! From the shape of a calendar file to a calendar. What breaks a rule is collected, so that all of it is told at once.

use std::str::FromStr;

use windlass_schedules::{Calendar, CalendarRule, Events, Zone};
use windlass_settings::yaml::{Position, Spanned, document};

use super::shape::{CalendarFile, RuleFile};
use crate::job::{control_character, is_line, is_plain};
use crate::{JobError, JobErrors, JobText};

const CODE: &str = "calendar.invalid";
/// The longest name of a rule, in bytes.
const LONGEST_NAME: usize = 100;
const LONGEST_DESCRIPTION: usize = 10_000;
/// The most dates of a rule.
const MOST_DATES: usize = 1000;

/// `files` gives the text of a file by its name; its error is the reason.
pub(super) fn parse(file: &JobText, files: impl Fn(&str) -> Result<String, String>) -> Result<Calendar, JobErrors> {
    let read: CalendarFile =
        document(file.path(), file.text(), "Calendar").map_err(|error| JobError::at(CODE, error))?;
    let mut rules = Rules { file, files, errors: Vec::new() };
    let calendar = rules.calendar(read);
    rules.errors.sort_by_key(JobError::place);
    JobErrors::none(rules.errors)?;
    Ok(calendar)
}

/// The rules of one file, and what breaks them.
struct Rules<'a, F> {
    file: &'a JobText,
    files: F,
    errors: Vec<JobError>,
}

impl<F: Fn(&str) -> Result<String, String>> Rules<'_, F> {
    fn calendar(&mut self, read: CalendarFile) -> Calendar {
        if !is_plain(&read.name.value) {
            self.wrong(&read.name, "a calendar's name has 1 to 100 letters, digits, `.`, `_` and `-`", None);
        }
        if let Some(text) = read.description.as_ref().filter(|text| text.value.len() > LONGEST_DESCRIPTION) {
            self.wrong(text, format!("a description has at most {LONGEST_DESCRIPTION} bytes"), None);
        }
        if let Some((text, (at, why))) =
            read.description.as_ref().and_then(|text| Some((text, control_character(&text.value)?)))
        {
            self.wrong(self.file.place_in(text, at), why, None);
        }
        let zone = read.time_zone.map_or(Zone::UTC, |name| {
            let zone = Zone::parse(&name.value);
            zone.map_err(|error| self.wrong(&name, error.to_string(), Some(error.hint))).unwrap_or_default()
        });
        if let Some(none) = read.allowed.as_ref().filter(|allowed| allowed.value.is_empty()) {
            let hint = "leave `allowed` out to allow what is not forbidden";
            self.wrong(none, "an empty `allowed` would forbid everything", Some(hint.to_owned()));
        }
        let forbidden = self.rules(read.forbidden, &zone);
        let allowed = self.rules(read.allowed.map(|allowed| allowed.value).unwrap_or_default(), &zone);
        let description = read.description.map(|text| text.value);
        Calendar { name: read.name.value, description, zone, forbidden, allowed }
    }

    fn rules(&mut self, read: Vec<Spanned<RuleFile>>, zone: &Zone) -> Vec<CalendarRule> {
        if let Some(more) = read.get(Calendar::MOST_RULES) {
            self.wrong(more, format!("a calendar forbids or allows by at most {} rules", Calendar::MOST_RULES), None);
            return Vec::new();
        }
        read.into_iter().map(|rule| self.rule(rule, zone)).collect()
    }

    fn rule(&mut self, read: Spanned<RuleFile>, zone: &Zone) -> CalendarRule {
        let at = Position::from(&read);
        let RuleFile { name, dates, days, hours, icalendar } = read.value;
        if dates.is_empty() && days.is_empty() && hours.is_none() && icalendar.is_none() {
            self.wrong(at, "a rule has at least one of the keys `dates`, `days`, `hours` and `icalendar`", None);
        }
        if let Some(name) = name.as_ref().filter(|name| !is_line(&name.value, LONGEST_NAME)) {
            let rule = format!("a rule's name has 1 to {LONGEST_NAME} bytes on one line, without space at its ends");
            self.wrong(name, rule, None);
        }
        if let Some(more) = dates.get(MOST_DATES) {
            self.wrong(more, format!("a rule has at most {MOST_DATES} dates"), None);
        }
        CalendarRule {
            name: name.map(|name| name.value),
            dates: dates.iter().take(MOST_DATES).filter_map(|text| self.value(text)).collect(),
            days: days.iter().filter_map(|text| self.value(text)).collect(),
            hours: hours.and_then(|text| self.value(&text)),
            events: icalendar.and_then(|name| self.events(&name, zone)),
        }
    }

    fn value<T: FromStr<Err = String>>(&mut self, text: &Spanned<String>) -> Option<T> {
        text.value.parse().map_err(|why: String| self.wrong(text, why, None)).ok()
    }

    fn events(&mut self, name: &Spanned<String>, zone: &Zone) -> Option<Events> {
        let text = (self.files)(&name.value).map_err(|why| self.wrong(name, why, None)).ok()?;
        let events = Events::parse(&name.value, text, zone);
        events.map_err(|error| self.wrong(name, error.to_string(), Some(error.hint))).ok()
    }

    fn wrong(&mut self, place: impl Into<Position>, why: impl Into<String>, hint: Option<String>) {
        if self.errors.len() < JobErrors::MOST {
            let error = self.file.at(place, why);
            self.errors.push(JobError::at(CODE, if let Some(hint) = hint { error.with_hint(hint) } else { error }));
        }
    }
}
