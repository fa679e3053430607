//! What a schedule comes to, compared with looking at every minute of a few days.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeSet;

use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, Timestamp, civil};
use windlass_schedules::{Schedule, Timing, Zone};

/// Days with jumps of clocks, and days without.
const PLACES: [(&str, &str); 12] = [
    ("UTC", "2028-02-27T00:00:00Z"),
    ("Europe/Berlin", "2026-03-28T00:00:00Z"),
    ("Europe/Berlin", "2026-10-24T00:00:00Z"),
    ("America/Sao_Paulo", "2018-11-03T00:00:00Z"),
    ("America/Sao_Paulo", "2018-02-17T00:00:00Z"),
    ("Africa/Cairo", "2026-04-23T00:00:00Z"),
    ("Africa/Cairo", "2026-10-29T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T00:00:00Z"),
    ("Pacific/Apia", "2011-12-29T00:00:00Z"),
    ("America/New_York", "2026-03-07T00:00:00Z"),
    ("America/New_York", "2026-10-31T00:00:00Z"),
];
const DAYS: i64 = 3;

/// Fields as an expression has them, and which numbers they allow, worked out by themselves.
struct Fields {
    text: String,
    hour_open: bool,
    minutes: BTreeSet<i8>,
    hours: BTreeSet<i8>,
    weekdays: BTreeSet<i8>,
}

impl Fields {
    fn random(random: &mut fastrand::Rng) -> Self {
        let (minute, minutes) = field(random, 0, 59);
        let (hour, hours) = field(random, 0, 23);
        let (weekday, weekdays) = field(random, 0, 6);
        let hour_open = hour.starts_with('*');
        Self { text: format!("{minute} {hour} * * {weekday}"), hour_open, minutes, hours, weekdays }
    }

    fn allow(&self, at: civil::DateTime) -> bool {
        at.second() == 0
            && self.minutes.contains(&at.minute())
            && self.hours.contains(&at.hour())
            && self.weekdays.contains(&at.weekday().to_sunday_zero_offset())
    }
}

/// A field and its numbers.
fn field(random: &mut fastrand::Rng, least: i8, most: i8) -> (String, BTreeSet<i8>) {
    let (from, to) = (random.i8(least..=most), random.i8(least..=most));
    let step = random.i8(1..=most.min(9));
    let ring = |from: i8, to: i8, step: i8| {
        let length = most - least + 1;
        let span = (to - from).rem_euclid(length);
        (0..=span).step_by(step.unsigned_abs().into()).map(move |by| least + (from - least + by) % length)
    };
    match random.u8(0..6) {
        0 => ("*".to_owned(), (least..=most).collect()),
        1 => (format!("*/{step}"), ring(least, most, step).collect()),
        2 => (format!("{from}-{to}"), ring(from, to, 1).collect()),
        3 => (format!("{from}-{to}/{step}"), ring(from, to, step).collect()),
        4 => (format!("{from},{to}"), [from, to].into()),
        _ => (from.to_string(), [from].into()),
    }
}

/// Every minute of the days, one by one; no offset of these days has seconds.
fn looked_up(fields: &Fields, zone: &Zone, begin: Timestamp, end: Timestamp) -> BTreeSet<Timestamp> {
    let mut found = BTreeSet::new();
    if fields.hour_open {
        let mut at = begin + SignedDuration::from_mins(1);
        while at < end {
            if fields.allow(zone.time_zone().to_datetime(at)) {
                found.insert(at);
            }
            at += SignedDuration::from_mins(1);
        }
        return found;
    }
    let mut local = civil::date(2000, 1, 1).at(0, 0, 0, 0);
    let first = zone.time_zone().to_datetime(begin);
    local += first.date().since(local.date()).unwrap();
    let last = local.checked_add(SignedDuration::from_hours(24 * (DAYS + 2))).unwrap();
    while local < last {
        if fields.allow(local) {
            let at = match zone.time_zone().to_ambiguous_timestamp(local).offset() {
                AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).unwrap(),
                AmbiguousOffset::Fold { before, after } => {
                    before.to_timestamp(local).unwrap().min(after.to_timestamp(local).unwrap())
                }
                AmbiguousOffset::Gap { .. } => first_after(zone, local),
            };
            found.extend((at > begin && at < end).then_some(at));
        }
        local = local.checked_add(SignedDuration::from_mins(1)).unwrap();
    }
    found
}

/// The first second whose clock shows a later time.
fn first_after(zone: &Zone, local: civil::DateTime) -> Timestamp {
    let early = jiff::tz::Offset::UTC.to_timestamp(local).unwrap() - SignedDuration::from_hours(30);
    let shows = |seconds: i64| zone.time_zone().to_datetime(early + SignedDuration::from_secs(seconds));
    let seconds = (0..=60 * 3600).step_by(60).find(|seconds| shows(*seconds) > local).unwrap();
    let seconds = (seconds - 60..=seconds).find(|seconds| shows(*seconds) > local).unwrap();
    early + SignedDuration::from_secs(seconds)
}

#[test]
fn it_is_due_when_looking_at_each_minute_says_so() {
    let mut random = fastrand::Rng::with_seed(26);
    let mut compared = 0;
    for (zone, begin) in PLACES {
        let (zone, begin) = (Zone::parse(zone).unwrap(), begin.parse::<Timestamp>().unwrap());
        let end = begin + SignedDuration::from_hours(24 * DAYS);
        for _ in 0..12 {
            let fields = Fields::random(&mut random);
            let schedule = Schedule { timing: Timing::cron(&fields.text).unwrap(), zone: zone.clone() };
            let due: Vec<Timestamp> = schedule.times(begin).map(|due| due.at).take_while(|at| *at < end).collect();
            let expected: Vec<Timestamp> = looked_up(&fields, &zone, begin, end).into_iter().collect();
            assert_eq!(due, expected, "`{}` in {zone} from {begin}", fields.text);
            compared += due.len();
        }
    }
    assert!(compared > 5000, "{compared} times");
}

#[test]
fn a_time_is_strictly_after_whatever_instant_it_is_asked_for() {
    let mut random = fastrand::Rng::with_seed(27);
    for (zone, begin) in PLACES {
        let (zone, begin) = (Zone::parse(zone).unwrap(), begin.parse::<Timestamp>().unwrap());
        for _ in 0..60 {
            let fields = Fields::random(&mut random);
            let schedule = Schedule { timing: Timing::cron(&fields.text).unwrap(), zone: zone.clone() };
            let mut all = vec![begin];
            all.extend(schedule.times(begin).take(100).map(|due| due.at));
            assert!(all.is_sorted_by(|one, other| one < other), "`{}` in {zone}: {all:?}", fields.text);
            for pair in all.windows(2) {
                let between =
                    pair[0].as_millisecond() + random.i64(0..pair[1].as_millisecond() - pair[0].as_millisecond());
                let due = schedule.after(Timestamp::from_millisecond(between).unwrap()).unwrap();
                assert_eq!(due.at, pair[1], "`{}` in {zone} after {between}", fields.text);
                assert_eq!(due.offset.to_timestamp(due.local).unwrap(), due.at);
            }
        }
    }
}
