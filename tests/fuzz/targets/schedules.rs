//! Cron expressions and stored schedules, as people write them and as another version would.

use jiff::Timestamp;
use windlass_fuzz::{Bounds, Case, Seed, hold};
use windlass_schedules::{Expression, Schedule, ScheduleError, Timing, Zone};

/// The fields of an expression are a few numbers, its years a list of at most 130 for each item.
const BOUNDS: Bounds = Bounds { base: 1 << 20, each: 2000 };
const EXPRESSIONS: &[&str] = &[
    "30 2 * * MON-FRI",
    "*/15 9-17,22-4/2 1,13 jan-mar,NOV 0,7",
    "@daily",
    "0 0/5 14,18 ? * 6#3 2026-2030/2",
    "0 0 10 L-3W * ?",
    "59 59 23 15W 2 ? *",
    "0 0 0 ? * FRIL",
];

#[test]
fn a_cron_expression() {
    let mut seeds: Vec<Seed> = EXPRESSIONS.iter().map(|text| Seed::Bytes((*text).into())).collect();
    for seed in &seeds {
        Expression::parse(str::from_utf8(&seed.bytes()).unwrap()).unwrap();
    }
    seeds.push(Seed::Bytes("* ? L W # - / , 0 7 31 2099 SUN \u{130}".into()));
    hold(
        "a_cron_expression",
        BOUNDS,
        |case: &Case| case.apply(&seeds),
        |input| {
            let Ok(text) = str::from_utf8(input) else { return };
            match Expression::parse(text) {
                Ok(expression) => {
                    assert_eq!(Expression::parse(&expression.to_string()).as_ref(), Ok(&expression));
                    assert!(!expression.describe().is_empty());
                    due(&Schedule { timing: Timing::cron(text).unwrap(), zone: Zone::parse("Europe/Berlin").unwrap() });
                }
                Err(error) => {
                    assert!(text.get(error.range.clone()).is_some(), "{error:?}");
                    assert!(!error.hint.is_empty() && error.message.len() < 2000, "{error:?}");
                }
            }
        },
    );
}

#[test]
fn a_stored_schedule() {
    let seeds = [
        Seed::Json(r#"{"cron": "30 2 * * *", "zone": "Europe/Berlin", "later": {"x": [1]}}"#.to_owned()),
        Seed::Json(r#"{"every": 900, "anchor": "2026-01-01T00:00:00Z"}"#.to_owned()),
        Seed::Json(r#"{"at": "2026-12-24T17:00:00Z", "zone": "Pacific/Apia"}"#.to_owned()),
    ];
    let read = |input: &[u8]| -> Option<Result<Schedule, ScheduleError>> {
        str::from_utf8(input).ok().map(Schedule::from_json)
    };
    for seed in &seeds {
        due(&read(&seed.bytes()).unwrap().unwrap());
    }
    hold(
        "a_stored_schedule",
        BOUNDS,
        |case: &Case| case.apply(&seeds),
        |input| {
            if let Some(Ok(schedule)) = read(input) {
                assert_eq!(Schedule::from_json(&schedule.to_json()).unwrap(), schedule);
                due(&schedule);
            }
        },
    );
}

/// Times go on, and none is there twice.
fn due(schedule: &Schedule) {
    for start in ["2026-03-28T12:00:00Z", "2026-10-24T22:00:00Z", "2011-12-29T00:00:00Z"] {
        let mut last: Timestamp = start.parse().unwrap();
        for due in schedule.times(last).take(5) {
            assert!(due.at > last, "{schedule:?} after {last}");
            last = due.at;
        }
    }
    assert!(!schedule.describe().is_empty());
}
