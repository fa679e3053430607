//! Where an axis has its marks, and what stands there.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// So many marks stand beside each other without touching.
const MOST: i64 = 8;
/// Steps that people count in, up to those of months.
const STEPS: &[i64] = &[
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
];

/// Marks at round numbers.
pub(crate) fn of_numbers(from: f64, to: f64) -> Vec<f64> {
    let rough = (to - from) / 6.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    let first = (from / step).ceil();
    (0..=MOST).map(|index| (first + index as f64) * step).take_while(|mark| *mark <= to + step * 1e-6).collect()
}

/// Marks at round times, with what stands there.
pub(crate) struct Times {
    pub(crate) marks: Vec<f64>,
    format: &'static str,
    /// What all of them have in common.
    pub(crate) common: String,
}

impl Times {
    pub(crate) fn new(from: i64, to: i64) -> Self {
        let step = STEPS.iter().copied().find(|step| (to - from) / step < MOST);
        let marks = match step {
            Some(step) => steps(from, to, step),
            None => months(from, to),
        };
        let day = |time: i64| Self::text(time as f64, "%Y-%m-%d");
        let one_day = day(from) == day(to);
        let format = match step {
            Some(..SECOND) => "%H:%M:%S%.3f",
            Some(SECOND..MINUTE) => "%H:%M:%S",
            Some(MINUTE..DAY) if one_day => "%H:%M",
            Some(MINUTE..DAY) => "%m-%d %H:%M",
            Some(_) => "%Y-%m-%d",
            None if marks.len() > 1 && marks[1] - marks[0] > 360.0 * DAY as f64 => "%Y",
            None => "%Y-%m",
        };
        let common = match step {
            Some(..DAY) if one_day => format!("{} UTC", day(from)),
            Some(..DAY) => format!("{} to {}, UTC", day(from), day(to)),
            _ => "UTC".to_owned(),
        };
        Self { marks, format, common }
    }

    pub(crate) fn label(&self, time: f64) -> String {
        Self::text(time, self.format)
    }

    /// A time in milliseconds.
    pub(crate) fn text(time: f64, format: &str) -> String {
        utc(time as i64).map(|time| time.strftime(format).to_string()).unwrap_or_default()
    }
}

fn utc(time: i64) -> Option<Zoned> {
    Timestamp::from_millisecond(time).ok().map(|time| time.to_zoned(TimeZone::UTC))
}

fn steps(from: i64, to: i64, step: i64) -> Vec<f64> {
    let first = from.div_euclid(step) + i64::from(from.rem_euclid(step) > 0);
    (first..).map(|index| index * step).take_while(|mark| *mark <= to).map(|mark| mark as f64).collect()
}

/// First days of months, or of years.
fn months(from: i64, to: i64) -> Vec<f64> {
    let apart = (to - from) / (30 * DAY) / MOST + 1;
    let apart = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 2_400, 6_000, 12_000]
        .into_iter()
        .find(|months| *months >= apart)
        .unwrap_or(24_000);
    let mut marks = Vec::new();
    let begin = utc(from).and_then(|time| {
        let month = if apart >= 12 { 1 } else { (time.month() - 1) / apart as i8 * apart as i8 + 1 };
        time.date().with().month(month).day(1).build().ok()
    });
    let mut month = begin;
    while let Some(date) = month {
        let Some(time) = date.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp().as_millisecond()) else { break };
        if time > to {
            break;
        }
        if time >= from {
            marks.push(time as f64);
        }
        month = date.checked_add(apart.months()).ok();
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn labels(from: &str, to: &str) -> (Vec<String>, String) {
        let times = Times::new(time(from), time(to));
        (times.marks.iter().map(|mark| times.label(*mark)).collect(), times.common)
    }

    #[test]
    fn times_are_marked_where_people_would() {
        let (marks, common) = labels("2026-01-02T03:04:10Z", "2026-01-02T05:10:00Z");
        assert_eq!((marks.join(" "), common.as_str()), ("03:30 04:00 04:30 05:00".to_owned(), "2026-01-02 UTC"));
        let (marks, common) = labels("2026-01-02T03:00:00Z", "2026-01-04T03:00:00Z");
        assert_eq!(marks.join(" "), "01-02 12:00 01-03 00:00 01-03 12:00 01-04 00:00");
        assert_eq!(common, "2026-01-02 to 2026-01-04, UTC");
        assert_eq!(labels("2026-01-02T03:00:00Z", "2026-01-05T03:00:00Z").0.len(), 6);
        let (marks, _) = labels("2025-11-20T00:00:00Z", "2026-04-02T00:00:00Z");
        assert_eq!(marks, ["2025-12", "2026-01", "2026-02", "2026-03", "2026-04"]);
        assert_eq!(
            labels("2019-05-01T00:00:00Z", "2026-04-02T00:00:00Z").0,
            ["2020", "2021", "2022", "2023", "2024", "2025", "2026"]
        );
        assert_eq!(labels("2026-01-02T03:04:00Z", "2026-01-02T03:04:00.020Z").0[1], "03:04:00.005");
    }

    #[test]
    fn whatever_the_range_there_are_few_marks() {
        for (from, to) in
            [(i64::MIN / 4, i64::MAX / 4), (0, 1), (time("0001-01-02T00:00:00Z"), time("9999-12-01T00:00:00Z"))]
        {
            assert!(Times::new(from, to).marks.len() < 20, "{from} {to}");
        }
        for (from, to) in [(0.0, 1e-20), (-1e30, 1e30), (0.0, 7.0), (1e15, 1e15 + 2.0), (-3.0, -1.0)] {
            let marks = of_numbers(from, to);
            assert!((2..=9).contains(&marks.len()), "{from} {to} {marks:?}");
        }
        assert_eq!(of_numbers(0.0, 10.5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
    }
}
