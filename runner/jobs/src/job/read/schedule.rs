//! When a job is run by itself.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;
use windlass_schedules::{CronError, Every, Schedule, Timing, Zone};
use windlass_settings::parse_duration;
use windlass_settings::yaml::{Position, Spanned};

use super::Rules;
use super::texts::{LONGEST_NAME, is_line, is_plain};
use crate::OptionSpec;
use crate::job::shape::ScheduleFile;
use crate::job::{JobSchedule, NamedCalendar};

/// The most schedules of a job.
const MOST_SCHEDULES: usize = 50;
/// The most calendars of a schedule.
const MOST_CALENDARS: usize = 20;

impl Rules<'_> {
    pub(super) fn schedules(&mut self, read: Vec<Spanned<ScheduleFile>>, specs: &[OptionSpec]) -> Vec<JobSchedule> {
        let mut schedules: Vec<JobSchedule> = Vec::new();
        for (position, file) in read.into_iter().enumerate() {
            if position == MOST_SCHEDULES {
                self.wrong(&file, format!("a job has at most {MOST_SCHEDULES} schedules"));
                break;
            }
            let named = file.value.name.as_ref().map_or_else(|| Position::from(&file), Position::from);
            let Some(schedule) = self.schedule(file, specs) else { continue };
            if schedules.iter().any(|other| other.name == schedule.name) {
                let why = format!("another schedule is called `{}` already", schedule.name);
                self.wrong_with(named, why, "give it a `name` of its own");
            }
            schedules.push(schedule);
        }
        schedules
    }

    fn schedule(&mut self, read: Spanned<ScheduleFile>, specs: &[OptionSpec]) -> Option<JobSchedule> {
        let at = Position::from(&read);
        let file = read.value;
        let zone = file.time_zone.as_ref().map(|name| self.zone(name));
        let timing = match (&file.cron, &file.every, &file.at) {
            (Some(text), None, None) => self.cron(text),
            (None, Some(text), None) => self.every(text),
            (None, None, Some(text)) => self.once(text, zone.as_ref()),
            _ => {
                self.wrong(at, "a schedule has one of the keys `cron`, `every` and `at`");
                None
            }
        };
        let options = self.given_options(file.options.as_ref(), at, specs);
        let calendars = self.calendar_names(&file.calendars);
        let name = file.name.map(|name| self.schedule_name(name));
        let (timing, zone) = (timing?, zone.unwrap_or(Some(Zone::UTC))?);
        let name = match name {
            Some(name) => name,
            None => self.timing_as_name(&timing, at)?,
        };
        let (missed, enabled) = (file.missed, file.enabled.unwrap_or(true));
        Some(JobSchedule { name, schedule: Schedule { timing, zone }, options, calendars, missed, enabled, at })
    }

    pub(super) fn zone(&mut self, name: &Spanned<String>) -> Option<Zone> {
        Zone::parse(&name.value).map_err(|error| self.wrong_with(name, error.to_string(), error.hint)).ok()
    }

    fn cron(&mut self, text: &Spanned<String>) -> Option<Timing> {
        let refused = |error: CronError| {
            let place = self.file.place_in(text, error.range.start);
            self.wrong_with(place, error.message, error.hint);
        };
        Timing::cron(&text.value).map_err(refused).ok()
    }

    fn every(&mut self, text: &Spanned<String>) -> Option<Timing> {
        let every = parse_duration(&text.value).and_then(Every::new);
        every.map(Timing::Every).map_err(|why| self.wrong(text, why)).ok()
    }

    /// A moment, or what clocks of the zone show; of a zone that was refused nothing more is said.
    fn once(&mut self, text: &Spanned<String>, zone: Option<&Option<Zone>>) -> Option<Timing> {
        // A name in brackets would be a second time zone.
        let plain = Some(text.value.as_str()).filter(|text| !text.contains('['));
        if let Some(at) = plain.and_then(|text| text.parse::<Timestamp>().ok()) {
            return Some(Timing::at(at));
        }
        let Some(local) = plain.and_then(|text| text.parse::<DateTime>().ok()) else {
            let hint = "write `2026-12-24T18:00:00+01:00`, or `2026-12-24T18:00` and a `timeZone`";
            self.wrong_with(text, "this is no moment", hint);
            return None;
        };
        let Some(zone) = zone else {
            let hint = "write the offset behind it, `+01:00`, or give a `timeZone`";
            self.wrong_with(text, "it is not said whose clocks show this", hint);
            return None;
        };
        let zone = zone.as_ref()?;
        let ambiguous = zone.time_zone().to_ambiguous_timestamp(local);
        let why = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => return Some(Timing::at(ambiguous.unambiguous().ok()?)),
            AmbiguousOffset::Gap { .. } => "clocks skip this time",
            AmbiguousOffset::Fold { .. } => "clocks show this time twice",
        };
        self.wrong_with(text, format!("{why} in {zone}"), "write the offset behind it, `+01:00`");
        None
    }

    fn schedule_name(&mut self, name: Spanned<String>) -> String {
        if !is_line(&name.value, LONGEST_NAME) {
            let rule =
                format!("a schedule's name has 1 to {LONGEST_NAME} bytes on one line, without space at its ends");
            self.wrong(&name, rule);
        }
        name.value
    }

    fn timing_as_name(&mut self, timing: &Timing, at: Position) -> Option<String> {
        let name = timing.to_string();
        if is_line(&name, LONGEST_NAME) {
            return Some(name);
        }
        self.wrong_with(at, "the text of this schedule's timing is no name", "give it a `name`");
        None
    }

    fn calendar_names(&mut self, names: &[Spanned<String>]) -> Vec<NamedCalendar> {
        if let Some(more) = names.get(MOST_CALENDARS) {
            self.wrong(more, format!("a schedule has at most {MOST_CALENDARS} calendars"));
            return Vec::new();
        }
        let mut calendars: Vec<NamedCalendar> = Vec::new();
        for name in names {
            if calendars.iter().any(|other| other.name == name.value) {
                self.wrong(name, format!("the calendar `{}` is listed twice", name.value));
            } else if is_plain(&name.value) {
                calendars.push(NamedCalendar { name: name.value.clone(), at: name.into() });
            } else {
                self.wrong(name, "a calendar's name has 1 to 100 letters, digits, `.`, `_` and `-`");
            }
        }
        calendars
    }
}
