//! One test for each sentence about jumps of clocks.

use jiff::Timestamp;

use crate::{Note, Schedule, Timing, Zone};

fn schedule(cron: &str, zone: &str) -> Schedule {
    Schedule { timing: Timing::cron(cron).unwrap(), zone: Zone::parse(zone).unwrap() }
}

/// The local times with their offsets, strictly after an instant.
fn next(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = schedule(cron, zone);
    let times = schedule.times(after.parse().unwrap()).take(count);
    times.map(|due| format!("{}{}", due.local.strftime("%m-%d %H:%M:%S"), due.offset)).collect()
}

fn notes(cron: &str, zone: &str, after: &str, count: usize) -> Vec<Option<String>> {
    let schedule = schedule(cron, zone);
    let times = schedule.times(after.parse().unwrap()).take(count);
    times.map(|due| due.note.map(|note| note.to_string())).collect()
}

const BEFORE_SUMMER: &str = "2026-03-28T12:00:00Z";
const BEFORE_WINTER: &str = "2026-10-24T22:30:00Z";

#[test]
fn a_fixed_time_in_a_gap_is_due_at_the_first_instant_after_it() {
    for cron in ["30 2 * * *", "0 30 2 * * ?"] {
        let times = next(cron, "Europe/Berlin", BEFORE_SUMMER, 2);
        assert_eq!(times, ["03-29 03:00:00+02", "03-30 02:30:00+02"], "{cron}");
    }
    let due = schedule("30 2 * * *", "Europe/Berlin").after(BEFORE_SUMMER.parse().unwrap()).unwrap();
    assert_eq!(due.note, Some(Note::MovedOutOfGap { from: "2026-03-29T02:30:00".parse().unwrap() }));
    assert_eq!(due.note.unwrap().to_string(), "there is no 02:30:00 on 2026-03-29, clocks are put forward");
    assert_eq!(due.at, "2026-03-29T01:00:00Z".parse().unwrap());
}

#[test]
fn several_fixed_times_in_a_gap_are_due_once() {
    let day = ["03-29 03:00:00+02", "03-30 02:15:00+02", "03-30 02:45:00+02"];
    assert_eq!(next("15,45 2 * * *", "Europe/Berlin", BEFORE_SUMMER, 3), day);
    assert_eq!(next("*/15 2 * * *", "Europe/Berlin", BEFORE_SUMMER, 2), ["03-29 03:00:00+02", "03-30 02:00:00+02"]);
    let due = schedule("15,45 2 * * *", "Europe/Berlin").after(BEFORE_SUMMER.parse().unwrap()).unwrap();
    assert_eq!(
        due.note,
        Some(Note::MovedOutOfGap { from: "2026-03-29T02:15:00".parse().unwrap() }),
        "the first of them"
    );
}

#[test]
fn a_fixed_time_in_a_gap_and_one_right_after_it_are_due_once() {
    let times = next("0,30 2,3 * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", 3);
    assert_eq!(times, ["03-29 03:00:00+02", "03-29 03:30:00+02", "03-30 02:00:00+02"]);
}

#[test]
fn a_time_of_an_interval_in_a_gap_is_absent() {
    let times = next("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:15:00Z", 3);
    assert_eq!(times, ["03-29 01:30:00+01", "03-29 03:00:00+02", "03-29 03:30:00+02"]);
    assert_eq!(
        next("30 */2 * * *", "Europe/Berlin", BEFORE_SUMMER, 9)[5..7],
        ["03-29 00:30:00+01", "03-29 04:30:00+02"]
    );
}

#[test]
fn a_fixed_time_in_an_overlap_is_due_the_first_time_only() {
    for after in [BEFORE_WINTER, "2026-10-25T00:29:59Z"] {
        let times = next("30 2 * * *", "Europe/Berlin", after, 2);
        assert_eq!(times, ["10-25 02:30:00+02", "10-26 02:30:00+01"]);
    }
    let between = next("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", 1);
    assert_eq!(between, ["10-26 02:30:00+01"], "not in the second pass");
    assert_eq!(next("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", 1), ["10-26 02:30:00+01"]);
    let said = notes("30 2 * * *", "Europe/Berlin", BEFORE_WINTER, 2);
    assert_eq!(said, [Some("the first of two, clocks are put back; not due again".to_owned()), None]);
}

#[test]
fn a_time_of_an_interval_in_an_overlap_is_due_each_time_in_order() {
    let times = next("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:59:00Z", 5);
    let expected =
        ["10-25 02:00:00+02", "10-25 02:30:00+02", "10-25 02:00:00+01", "10-25 02:30:00+01", "10-25 03:00:00+01"];
    assert_eq!(times, expected);
    let said = notes("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:59:00Z", 5);
    let (first, second) = ("the first of two, clocks are put back", "the second of two, clocks were put back");
    assert_eq!(said, [Some(first.into()), Some(first.into()), Some(second.into()), Some(second.into()), None]);
}

#[test]
fn midnight_may_be_in_a_gap() {
    let sao_paulo = next("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", 2);
    assert_eq!(sao_paulo, ["11-04 01:00:00-02", "11-05 00:00:00-02"]);
    let cairo = next("@daily", "Africa/Cairo", "2026-04-23T12:00:00Z", 2);
    assert_eq!(cairo, ["04-24 01:00:00+03", "04-25 00:00:00+03"]);
}

#[test]
fn a_day_that_a_place_skipped() {
    let times = next("30 2 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", 3);
    assert_eq!(times, ["12-29 02:30:00-10", "12-31 00:00:00+14", "12-31 02:30:00+14"]);
    let hourly = next("@hourly", "Pacific/Apia", "2011-12-30T08:30:00Z", 3);
    assert_eq!(hourly, ["12-29 23:00:00-10", "12-31 00:00:00+14", "12-31 01:00:00+14"]);
}

#[test]
fn clocks_may_jump_by_half_an_hour() {
    let spring = next("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2);
    assert_eq!(spring, ["10-04 02:30:00+11", "10-05 02:15:00+11"]);
    let autumn = next("*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T14:20:00Z", 5);
    let expected = [
        "04-05 01:30:00+11",
        "04-05 01:45:00+11",
        "04-05 01:30:00+10:30",
        "04-05 01:45:00+10:30",
        "04-05 02:00:00+10:30",
    ];
    assert_eq!(autumn, expected);
}

#[test]
fn only_whole_seconds_are_due_and_strictly_after() {
    let (utc, at) = (schedule("* * * * * ?", "UTC"), |text: &str| text.parse::<Timestamp>().unwrap());
    assert_eq!(utc.after(at("2026-11-26T08:00:00Z")).unwrap().at, at("2026-11-26T08:00:01Z"));
    assert_eq!(utc.after(at("2026-11-26T08:00:00.999Z")).unwrap().at, at("2026-11-26T08:00:01Z"));
    let fixed = schedule("0 8 * * *", "UTC");
    assert_eq!(fixed.after(at("2026-11-26T07:59:59.999Z")).unwrap().at, at("2026-11-26T08:00:00Z"));
    assert_eq!(fixed.after(at("2026-11-26T08:00:00Z")).unwrap().at, at("2026-11-27T08:00:00Z"));
}

#[test]
fn the_ends_of_time_are_ends() {
    for cron in ["* * * * *", "0 0 * * *", "0 0 0 1 1 ? 2020", "0 * * 1 1 ? 2020"] {
        let schedule = schedule(cron, "Europe/Berlin");
        assert_eq!(schedule.after("2100-01-01T00:00:00Z".parse().unwrap()), None, "{cron}");
        assert_eq!(schedule.after(Timestamp::MAX), None, "{cron}");
        assert!(schedule.after(Timestamp::MIN).is_some_and(|due| due.local.year() >= 1970), "{cron}");
    }
}
