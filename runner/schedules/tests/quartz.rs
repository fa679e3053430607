//! What real Quartz answers (`quartz.txt`, made by `tests/quartz/answers.sh`), on days on which no clock jumps.

use jiff::Timestamp;
use windlass_schedules::{Expression, Schedule, Timing, Zone};

const ANSWERS: &str = include_str!("quartz.txt");
/// Quartz's years have no end.
const END: &str = "2100-01-01T00:00:00Z";

/// What Quartz takes and we refuse, each with the reason.
const REFUSED_HERE: [&str; 0] = [];

#[test]
fn it_is_due_when_quartz_says_so() {
    let end = END.parse::<Timestamp>().unwrap();
    let mut schedule: Option<Schedule> = None;
    let mut compared = 0;
    for line in ANSWERS.lines().filter(|line| !line.starts_with('#')) {
        if let Some(text) = line.strip_prefix("= ") {
            let parsed = Timing::cron(text);
            assert_eq!(parsed.is_ok(), !REFUSED_HERE.contains(&text), "`{text}`: {parsed:?}");
            schedule = parsed.ok().map(|timing| Schedule { timing, zone: Zone::UTC });
        } else if let (Some(schedule), false) = (&schedule, line.starts_with('!')) {
            let mut times = line.split(' ').map(|time| time.parse::<Timestamp>().unwrap());
            let start = times.next().unwrap();
            let expected: Vec<Timestamp> = times.take_while(|time| *time < end).collect();
            let due: Vec<Timestamp> = schedule.times(start).take(expected.len()).map(|due| due.at).collect();
            assert_eq!(due, expected, "`{}` after {start}", schedule.timing);
            compared += due.len();
        }
    }
    assert!(compared > 4000, "{compared} times");
}

#[test]
fn what_quartz_refuses_is_refused() {
    let refused: Vec<&str> = ANSWERS.lines().filter_map(|line| line.strip_prefix("! ")).collect();
    assert!(refused.len() > 30, "{refused:?}");
    for text in refused {
        assert!(Expression::parse(text).is_err(), "`{text}`");
    }
}
