use super::*;

/// A file of one event with these lines, in Berlin.
fn event(lines: &str) -> Result<Events, EventsError> {
    file(&format!("BEGIN:VEVENT\nUID:1\nSUMMARY:Off\n{lines}\nEND:VEVENT"))
}

fn file(events: &str) -> Result<Events, EventsError> {
    let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\n{events}\nEND:VCALENDAR\n");
    Events::parse("h.ics", text, &Zone::parse("Europe/Berlin").unwrap())
}

/// The first times of an event, in UTC.
fn times(lines: &str, count: usize) -> Vec<String> {
    let events = event(lines).unwrap_or_else(|error| panic!("{lines}: {error} ({})", error.hint));
    events.occurrences.iter().take(count).map(|it| format!("{}..{}", it.start, it.end)).collect()
}

/// The days on which an event begins by the clocks of Berlin.
fn days(lines: &str, count: usize) -> Vec<String> {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let events = event(lines).unwrap_or_else(|error| panic!("{lines}: {error} ({})", error.hint));
    events.occurrences.iter().take(count).map(|it| zone.time_zone().to_datetime(it.start).date().to_string()).collect()
}

#[test]
fn a_day_is_one_of_the_calendar_and_a_time_one_of_its_zone() {
    for (lines, time) in [
        ("DTSTART;VALUE=DATE:20261225", "2026-12-24T23:00:00Z..2026-12-25T23:00:00Z"),
        ("DTSTART:20261225\nDTEND:20261227", "2026-12-24T23:00:00Z..2026-12-26T23:00:00Z"),
        ("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261225", "2026-12-24T23:00:00Z..2026-12-25T23:00:00Z"),
        ("DTSTART:20261225\nDURATION:PT0S", "2026-12-24T23:00:00Z..2026-12-25T23:00:00Z"),
        ("DTSTART:20260329\nDURATION:P1D", "2026-03-28T23:00:00Z..2026-03-29T22:00:00Z"),
        ("DTSTART:20261225T080000\nDTEND:20261225T100000", "2026-12-25T07:00:00Z..2026-12-25T09:00:00Z"),
        ("DTSTART:20261225T080000Z\nDURATION:PT1H30M", "2026-12-25T08:00:00Z..2026-12-25T09:30:00Z"),
        ("DTSTART;TZID=America/New_York:20261225T080000\nDURATION:P1W", "2026-12-25T13:00:00Z..2027-01-01T13:00:00Z"),
        (
            "DTSTART;TZID=\"Asia/Tokyo\":20261225T08\n 0000\nDURATION:P1DT1S",
            "2026-12-24T23:00:00Z..2026-12-25T23:00:01Z",
        ),
    ] {
        assert_eq!(times(lines, 9), [time], "{lines}");
    }
    assert_eq!(event("DTSTART:20261225T080000Z").unwrap().count(), 0, "it takes no time");
    assert_eq!(event("DTSTART:20261225\nSTATUS:CANCELLED").unwrap().count(), 0);
}

#[test]
fn events_repeat_by_rules_dates_and_exceptions() {
    assert_eq!(days("DTSTART:20201225\nRRULE:FREQ=YEARLY", 3), ["2020-12-25", "2021-12-25", "2022-12-25"]);
    let labour = "DTSTART:20260907\nRRULE:FREQ=YEARLY;BYMONTH=9;BYDAY=1MO;UNTIL=20280904";
    assert_eq!(days(labour, 9), ["2026-09-07", "2027-09-06", "2028-09-04"]);
    assert_eq!(days("DTSTART:20261126\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261127", 9), ["2026-11-26", "2026-11-28"]);
    assert_eq!(days("DTSTART:20261126\nRDATE:20261224,20261231\nRDATE:20270101", 9).len(), 4);
    let last_workday = "DTSTART:20261130\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3";
    assert_eq!(days(last_workday, 9), ["2026-11-30", "2026-12-31", "2027-01-29"]);
    assert_eq!(event("DTSTART:20200101\nRRULE:FREQ=YEARLY").unwrap().count(), 80, "up to the year 2100");
}

#[test]
fn a_repeated_time_stays_what_clocks_show() {
    let weekly = "DTSTART;TZID=Europe/Berlin:20261022T080000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL=20261029T070000Z";
    assert_eq!(
        times(weekly, 9),
        ["2026-10-22T06:00:00Z..2026-10-22T07:00:00Z", "2026-10-29T07:00:00Z..2026-10-29T08:00:00Z"]
    );
    assert_eq!(times(&weekly.replace("070000Z", "065959Z"), 9).len(), 1, "until is an instant");
    let night = "DTSTART;TZID=Europe/Berlin:20261024T233000\nDTEND;TZID=Europe/Berlin:20261025T003000\nRRULE:FREQ=DAILY;COUNT=2\n\
                 EXDATE;TZID=Europe/Berlin:20261025T233000";
    assert_eq!(times(night, 9), ["2026-10-24T21:30:00Z..2026-10-24T22:30:00Z"]);
}

#[test]
fn one_time_may_stand_as_an_event_of_its_own() {
    let master = "BEGIN:VEVENT\nUID:a\nDTSTART:20261126\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n";
    let moved = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20261127\nDTSTART:20261224\nSUMMARY:Later\nEND:VEVENT\n";
    let events = file(&format!("{master}{moved}")).unwrap();
    let at = |text: &str| events.at(text.parse().unwrap());
    assert_eq!(at("2026-11-26T08:00:00Z"), Some("an event"));
    assert_eq!(at("2026-11-27T08:00:00Z"), None);
    assert_eq!(at("2026-11-28T08:00:00Z"), Some("an event"));
    assert_eq!(at("2026-12-24T08:00:00Z"), Some("Later"));
    let cancelled = moved.replace("SUMMARY:Later", "STATUS:CANCELLED");
    assert_eq!(file(&format!("{master}{cancelled}")).unwrap().count(), 2);
    // The time of what is cancelled is said, and not how long it would have been.
    let timed = "BEGIN:VEVENT\nUID:a\nDTSTART:20261126T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n";
    let one =
        "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20261127T080000Z\nDTSTART:20261127T080000Z\nSTATUS:CANCELLED\nEND:VEVENT\n";
    assert_eq!(file(&format!("{timed}{one}")).unwrap().count(), 2);
    let other = moved.replace("UID:a", "UID:b");
    assert_eq!(file(&format!("{master}{other}")).unwrap().count(), 4, "of another event");
}

#[test]
fn of_events_that_overlap_each_is_found() {
    let long = "BEGIN:VEVENT\nSUMMARY:Long\\, and\\nfree\nDTSTART:20261101\nDTEND:20261201\nEND:VEVENT\n";
    let short = "BEGIN:VEVENT\nSUMMARY:Short\nDTSTART:20261110\nRRULE:FREQ=DAILY;COUNT=2\nBEGIN:VALARM\nDTSTART:1\nEND:VALARM\nEND:VEVENT\n";
    let events = file(&format!(
        "BEGIN:VTIMEZONE\nTZID:x\nBEGIN:STANDARD\nDTSTART:1\nEND:STANDARD\nEND:VTIMEZONE\n{long}{short}"
    ))
    .unwrap();
    let at = |text: &str| events.at(text.parse().unwrap());
    assert_eq!(at("2026-11-10T08:00:00Z"), Some("Short"));
    assert_eq!(at("2026-11-20T08:00:00Z"), Some("Long, and free"));
    assert_eq!(at("2026-12-01T08:00:00Z"), None);
    assert_eq!(at("2026-10-01T08:00:00Z"), None);
}

#[test]
fn what_is_wrong_has_its_line() {
    for (lines, line, said) in [
        ("DTSTART:tomorrow", 6, "DTSTART: `tomorrow` is no day or time"),
        ("DTSTART:20261325", 6, "DTSTART: `20261325` is no day or time"),
        ("DTSTART:18991231", 6, "DTSTART: `18991231` is no day or time"),
        ("SEQUENCE:1", 3, "the event has no DTSTART"),
        (
            "DTSTART;TZID=W. Europe Standard Time:20261225T080000",
            6,
            "DTSTART: there is no time zone `W. Europe Standard Time`",
        ),
        ("DTSTART:20261225\nDTEND:20261224", 7, "DTEND: the event ends before it begins"),
        ("DTSTART:20261225\nDURATION:P1Y", 7, "DURATION: this is no length of an event"),
        ("DTSTART:20261225\nDURATION:P5000D", 7, "DURATION: the event ends before it begins, or very long after"),
        ("DTSTART:20261225\nRRULE:FREQ=HOURLY", 7, "RRULE: this FREQ is not read"),
        ("DTSTART:20261225\nRRULE:COUNT=3", 7, "RRULE: the rule has no FREQ"),
        ("DTSTART:20261225\nRRULE:FREQ=DAILY;COUNT=0", 7, "RRULE: COUNT is a number from 1 on"),
        ("DTSTART:20261225\nRRULE:FREQ=DAILY;BYHOUR=1,2", 7, "RRULE: `BYHOUR` is not read"),
        ("DTSTART:20261225\nRRULE:FREQ=YEARLY;BYMONTH=13", 7, "RRULE: "),
        ("DTSTART:20261225\nRRULE:FREQ=YEARLY;BYDAY=é", 7, "RRULE: this is no rule"),
        ("DTSTART:20261225\nRDATE;VALUE=PERIOD:20261225T080000Z/PT1H", 7, "periods are not read"),
        ("DTSTART:20261225\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261225", 7, "a RECURRENCE-ID with a RANGE is not read"),
        ("DTSTART:20261225\nRRULE:FREQ=YEARLY\nRRULE:FREQ=DAILY;COUNT=2", 8, "a second RRULE of an event is not read"),
        ("DTSTART:20261225\nRRULE:FREQ=YEARLY\nEXRULE:FREQ=YEARLY;INTERVAL=2", 8, "EXRULE is not read"),
        ("DTSTART:20261225\nDTSTART:20261226", 7, "a second DTSTART of an event is not read"),
        ("DTSTART:20261225\nDTEND:20261226\nDURATION:P2D", 8, "an event has DTEND or DURATION, not both"),
        ("DTSTART:20261225\nno line", 7, "this is no line of an iCalendar file"),
    ] {
        let error = event(lines).expect_err(lines);
        assert_eq!(error.line, line, "{lines}: {error}");
        assert!(error.message.starts_with(said) && !error.hint.is_empty(), "{lines}: {error}");
        assert!(error.to_string().starts_with("`h.ics`, line "), "{error}");
    }
    const EVENT: &str = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nEND:VEVENT\n";
    let zone = "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\n";
    for (text, line, said) in [
        (String::new(), 1, "this is no iCalendar file"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n".to_owned(), 2, "the event has no end"),
        (EVENT.to_owned(), 4, "the file ends before `END:VCALENDAR`"),
        (format!("{EVENT}{zone}"), 6, "the file ends before `END:VCALENDAR`"),
        ("BEGIN:VCALENDAR\n".to_owned(), 1, "the file ends before `END:VCALENDAR`"),
    ] {
        let error = Events::parse("h.ics", text, &Zone::UTC).unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (line, said));
    }
    let two = format!("{EVENT}END:VCALENDAR\n{EVENT}{zone}END:VTIMEZONE\nEND:VCALENDAR\n\n");
    assert_eq!(Events::parse("h.ics", two, &Zone::UTC).unwrap().count(), 2);
}

/// Each of these would go on for a very long time, or take very much memory, if it were followed without bounds.
#[test]
fn a_hostile_rule_is_bounded() {
    let many = |count: usize, lines: &str| file(&format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n").repeat(count));
    let dates = |name: &str, count: usize| {
        let line = format!("\n{name}:20261224").repeat(count - 1);
        event(&format!("DTSTART:20260101{line}\n{name}:20261225"))
    };
    for (said, result) in [
        ("the event has more than 10000 days and times as EXDATE", dates("EXDATE", 10_001)),
        ("the event has more than 10000 days and times as RDATE", dates("RDATE", 10_001)),
        ("the rule never comes", event("DTSTART:20260101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")),
        ("the rule never comes", event("DTSTART:20260101\nRRULE:FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31;COUNT=3")),
        (
            "`BYSECOND` is not read",
            event("DTSTART:20260101T000000\nDTEND:20260102T000000\nRRULE:FREQ=YEARLY;BYDAY=MO;BYSECOND=0,1,2"),
        ),
        ("this FREQ is not read", event("DTSTART:20260101T000000\nDTEND:20260102T000000\nRRULE:FREQ=SECONDLY")),
        ("repeat too often", many(5000, "DTSTART:20260101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29")),
        ("take place more than 100000 times", many(5, "DTSTART:20260101\nRRULE:FREQ=DAILY")),
        ("larger than 1048576 bytes", many(20_000, "DTSTART:20260101\nDESCRIPTION:x\nDESCRIPTION:y")),
    ] {
        let error = result.unwrap_err();
        assert!(error.message.contains(said), "{said}: {error}");
    }
    assert_eq!(event("DTSTART:20260101\nRRULE:FREQ=YEARLY;INTERVAL=50").unwrap().count(), 2);
    assert_eq!(many(10_000, "DTSTART:20260101").unwrap().count(), 10_000);
    assert_eq!(dates("RDATE", 10_000).unwrap().count(), 3);
}
