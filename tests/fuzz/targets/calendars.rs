//! iCalendar files, which come from anywhere, and stored calendars.

use jiff::Timestamp;
use serde_json::json;
use windlass_fuzz::{Bounds, Case, Seed, hold};
use windlass_schedules::{Calendar, Events, Verdict, Zone};

/// Events take place 100,000 times at most, and a rule of a line is expanded to that.
const BOUNDS: Bounds = Bounds { base: 64 << 20, each: 2000 };

const ICS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nEND:VTIMEZONE\r\n\
    BEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Christmas\\, off\r\nDTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227\r\n\
    RRULE:FREQ=YEARLY;UNTIL=20301231\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:b\r\nDTSTART;TZID=\"Europe/Berlin\":20261022T080000\r\nDURATION:PT1H30M\r\n\
    RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,\r\n FR;BYSETPOS=-1;COUNT=12\r\nEXDATE;TZID=Europe/Berlin:20261130T080000\r\n\
    RDATE:20261224T080000Z\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:b\r\nRECURRENCE-ID;TZID=Europe/Berlin:20261231T080000\r\nDTSTART:20270104T090000Z\r\nDTEND:20270104T100000Z\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

fn stored() -> String {
    json!({
        "name": "freeze", "zone": "Europe/Berlin", "description": "d",
        "forbidden": [
            {"dates": ["2026-12-24", "2026-12-31..2027-01-02"], "name": "Turn"},
            {"days": ["sat", "sun"]}, {"days": ["fri"], "hours": "22:00-06:00"},
            {"icalendar": {"file": "h.ics", "text": ICS}},
        ],
        "allowed": [{"hours": "06:00-24:00"}],
    })
    .to_string()
}

#[test]
fn an_icalendar_file() {
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    let read = |input: &[u8]| Some(Events::parse("h.ics", str::from_utf8(input).ok()?.to_owned(), &berlin));
    let seeds = [
        Seed::Bytes(ICS.into()),
        Seed::Bytes("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYYEARDAY=-1;BYWEEKNO=53;BYMONTHDAY=31".into()),
    ];
    // Five times the one, and of the other its beginning, twelve less two by rule, one by date, and one that was moved.
    assert_eq!(read(&seeds[0].bytes()).unwrap().unwrap().count(), 5 + 1 + 10 + 1 + 1);
    hold(
        "an_icalendar_file",
        BOUNDS,
        |case: &Case| case.apply(&seeds),
        |input| match read(input) {
            Some(Ok(events)) => assert!(events.count() <= 100_000),
            Some(Err(error)) => {
                assert!(error.line > 0 && !error.hint.is_empty() && error.message.len() < 2000, "{error:?}");
                assert!(!error.message.contains('\n'), "{error:?}");
            }
            None => {}
        },
    );
}

#[test]
fn a_stored_calendar() {
    let seeds = [Seed::Json(stored())];
    let read = |input: &[u8]| Calendar::from_json(str::from_utf8(input).ok()?).ok();
    let forbidden = |calendar: &Calendar, at: &str| match calendar.verdict(at.parse::<Timestamp>().unwrap()) {
        Verdict::Allowed => String::new(),
        Verdict::Forbidden { by } => by,
    };
    let seed = read(&seeds[0].bytes()).unwrap();
    assert_eq!(forbidden(&seed, "2028-12-25T08:00:00Z"), "`freeze`: Christmas, off (2028-12-25)");
    hold(
        "a_stored_calendar",
        BOUNDS,
        |case: &Case| case.apply(&seeds),
        |input| {
            let Some(calendar) = read(input) else { return };
            assert_eq!(Calendar::from_json(&calendar.to_json()).unwrap(), calendar);
            for at in
                ["2026-03-29T01:30:00Z", "2026-12-25T08:00:00Z", "-009999-01-04T00:00:00Z", "9999-12-30T22:00:00Z"]
            {
                let by = forbidden(&calendar, at);
                assert!(by.is_empty() || by.starts_with(&format!("`{}`: ", calendar.name)), "{by}");
            }
        },
    );
}
