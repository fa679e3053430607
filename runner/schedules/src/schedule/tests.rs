use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn every(seconds: u64) -> Every {
    Every::new(Duration::from_secs(seconds)).unwrap()
}

fn next(timing: Timing, after: &str) -> Vec<String> {
    let schedule = Schedule { timing, zone: Zone::UTC };
    schedule.times(at(after)).take(3).map(|due| due.at.to_string()).collect()
}

#[test]
fn an_interval_is_counted_from_its_anchor() {
    let quarter = next(Timing::Every(every(900)), "2026-11-26T08:07:00Z");
    assert_eq!(quarter, ["2026-11-26T08:15:00Z", "2026-11-26T08:30:00Z", "2026-11-26T08:45:00Z"]);
    let moved = Timing::Every(every(900).from(at("2027-01-01T00:05:00Z")));
    assert_eq!(next(moved.clone(), "2026-11-26T08:07:00Z")[0], "2026-11-26T08:20:00Z");
    assert_eq!(next(moved, "2027-01-01T00:05:00Z")[0], "2027-01-01T00:20:00Z", "strictly after");
    assert_eq!(next(Timing::Every(every(1)), "2026-11-26T08:07:00.5Z")[0], "2026-11-26T08:07:01Z");
    assert_eq!(next(Timing::Every(every(1)), "1969-12-31T23:59:58.5Z")[0], "1969-12-31T23:59:59Z");
}

#[test]
fn an_interval_is_real_time_across_a_jump_of_clocks() {
    let schedule = Schedule { timing: Timing::Every(every(86_400)), zone: Zone::parse("Europe/Berlin").unwrap() };
    let local: Vec<String> =
        schedule.times(at("2026-03-28T00:00:00Z")).take(2).map(|due| due.local.to_string()).collect();
    assert_eq!(local, ["2026-03-29T01:00:00", "2026-03-30T02:00:00"]);
}

#[test]
fn intervals_have_their_bounds() {
    for wrong in [Duration::ZERO, Duration::from_millis(1500), Duration::from_secs(367 * 86_400), Duration::MAX] {
        assert!(Every::new(wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(Timing::Every(every(5400)).to_string(), "every 1h30m");
    assert_eq!(Timing::Every(every(86_401)).to_string(), "every 1d1s");
}

#[test]
fn once_is_once() {
    let once = Timing::At(at("2026-12-24T17:00:00Z"));
    assert_eq!(next(once.clone(), "2026-12-24T16:59:59Z"), ["2026-12-24T17:00:00Z"]);
    assert_eq!(next(once, "2026-12-24T17:00:00Z"), [""; 0]);
}

#[test]
fn a_schedule_is_stored_and_read() {
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    for (timing, zone, text) in [
        (Timing::cron("30 2 * * *").unwrap(), berlin.clone(), r#"{"cron":"30 2 * * *","zone":"Europe/Berlin"}"#),
        (Timing::cron("@daily").unwrap(), Zone::UTC, r#"{"cron":"@daily"}"#),
        (Timing::Every(every(900)), Zone::UTC, r#"{"every":900}"#),
        (
            Timing::Every(every(7).from(at("2026-01-01T00:00:00Z"))),
            Zone::UTC,
            r#"{"every":7,"anchor":"2026-01-01T00:00:00Z"}"#,
        ),
        (Timing::At(at("2026-12-24T17:00:00Z")), berlin, r#"{"at":"2026-12-24T17:00:00Z","zone":"Europe/Berlin"}"#),
    ] {
        let schedule = Schedule { timing, zone };
        assert_eq!(schedule.to_json(), text);
        assert_eq!(Schedule::from_json(text).unwrap(), schedule);
    }
    // Due times are kept in milliseconds: one that is after itself would be due for ever.
    let fine = Schedule::from_json(r#"{"at":"2026-12-24T17:00:00.0005Z"}"#).unwrap();
    assert_eq!(fine.after(at("2026-12-24T17:00:00Z")), None);
    let later = Schedule::from_json(r#"{"every":900,"fromALaterVersion":{"x":1}}"#).unwrap();
    assert_eq!(later.timing, Timing::Every(every(900)));
}

#[test]
fn what_was_stored_badly_is_refused() {
    for (text, said) in [
        ("{}", "a schedule has one of the keys `cron`, `every` and `at`"),
        (r#"{"cron":"@daily","every":1}"#, "a schedule has one of"),
        (r#"{"every":0}"#, "an interval is 1s to 366d"),
        (r#"{"every":18446744073709551615}"#, "an interval is 1s to 366d"),
        (r#"{"every":1,"zone":"Mars"}"#, "there is no time zone `Mars`"),
        (r#"{"cron":"31 4"}"#, "the cron expression `31 4`: "),
        ("[", "the stored schedule is no JSON of one"),
    ] {
        let error = Schedule::from_json(text).unwrap_err().to_string();
        assert!(error.starts_with(said), "{text}: {error}");
    }
}

#[test]
fn a_schedule_is_described() {
    let said = |text: &str| Schedule::from_json(text).unwrap().describe();
    assert_eq!(said(r#"{"cron":"30 2 * * *","zone":"Europe/Berlin"}"#), "at 02:30 every day (Europe/Berlin)");
    assert_eq!(said(r#"{"every":5400}"#), "every 1 hour 30 minutes");
    assert_eq!(
        said(r#"{"every":1,"anchor":"2026-01-01T00:00:05Z"}"#),
        "every second, counted from 2026-01-01T00:00:05Z"
    );
    let once = r#"{"at":"2026-12-24T17:00:00Z","zone":"Europe/Berlin"}"#;
    assert_eq!(said(once), "once at 2026-12-24 18:00 (Europe/Berlin)");
}
