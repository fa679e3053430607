use super::*;
use crate::Zone;

fn rule(json: &str) -> CalendarRule {
    calendar(&format!(r#"{{"forbidden": [{json}]}}"#)).forbidden.remove(0)
}

/// A calendar in Berlin of these rules as JSON.
fn calendar(rules: &str) -> Calendar {
    let mut whole: serde_json::Value = serde_json::from_str(rules).unwrap();
    whole["name"] = "office".into();
    whole["zone"] = "Europe/Berlin".into();
    Calendar::from_json(&whole.to_string()).unwrap()
}

/// By what a local time is forbidden, empty when it is not.
fn by(calendar: &Calendar, local: &str) -> String {
    let local: jiff::civil::DateTime = local.parse().unwrap();
    let at = calendar.zone.time_zone().to_ambiguous_timestamp(local).compatible().unwrap();
    match calendar.verdict(at) {
        Verdict::Allowed => String::new(),
        Verdict::Forbidden { by } => by,
    }
}

#[test]
fn one_entry_is_an_and_and_entries_are_an_or() {
    let calendar = calendar(
        r#"{"forbidden": [
            {"dates": ["2026-12-24", "2026-12-31..2027-01-02"], "name": "Christmas"},
            {"days": ["sat", "sun"]},
            {"days": ["wed"], "hours": "12:00-13:00"}
        ]}"#,
    );
    for (local, said) in [
        ("2026-12-23T10:00", ""),
        ("2026-12-24T00:00", "`office`: Christmas (2026-12-24)"),
        ("2026-12-24T23:59:59", "`office`: Christmas (2026-12-24)"),
        ("2026-12-25T10:00", ""),
        ("2027-01-02T10:00", "`office`: Christmas (2027-01-02)"),
        ("2026-11-28T10:00", "`office`: Saturday"),
        ("2026-11-25T12:00", "`office`: Wednesday, 12:00-13:00"),
        ("2026-11-25T13:00", ""),
        ("2026-11-26T12:30", ""),
    ] {
        assert_eq!(by(&calendar, local), said, "{local}");
    }
}

#[test]
fn hours_over_midnight_belong_to_the_day_on_which_they_begin() {
    let calendar = calendar(
        r#"{"forbidden": [{"days": ["fri"], "hours": "22:00-06:00"}, {"hours": "12:00-24:00", "days": ["mon"]}]}"#,
    );
    for (local, said) in [
        ("2026-11-27T21:59:59", ""),
        ("2026-11-27T22:00", "`office`: Friday, 22:00-06:00"),
        ("2026-11-28T05:59:59", "`office`: Friday, 22:00-06:00"),
        ("2026-11-28T06:00", ""),
        ("2026-11-27T03:00", ""),
        ("2026-11-30T23:59:59", "`office`: Monday, 12:00-24:00"),
        ("2026-12-01T00:00", ""),
    ] {
        // As the weekday of the day on which they began.
        assert_eq!(by(&calendar, local), said, "{local}");
    }
}

#[test]
fn what_is_allowed_forbids_the_rest_and_what_is_forbidden_wins() {
    let calendar = calendar(
        r#"{"allowed": [{"hours": "09:00-17:00"}, {"days": ["sun"]}], "forbidden": [{"hours": "12:00-13:00"}]}"#,
    );
    for (local, said) in [
        ("2026-11-26T09:00", ""),
        ("2026-11-26T08:59", "`office`: outside of what it allows"),
        ("2026-11-26T12:30", "`office`: 12:00-13:00"),
        ("2026-11-29T03:00", ""),
        ("2026-11-29T12:00", "`office`: 12:00-13:00"),
    ] {
        assert_eq!(by(&calendar, local), said, "{local}");
    }
    let empty = Calendar { name: "x".into(), description: None, zone: Zone::UTC, forbidden: vec![], allowed: vec![] };
    assert_eq!(empty.verdict(Timestamp::UNIX_EPOCH), Verdict::Allowed);
}

#[test]
fn a_calendar_is_stored_and_read() {
    let ics = "BEGIN:VCALENDAR\\nBEGIN:VEVENT\\nSUMMARY:Off\\nDTSTART:20261225\\nEND:VEVENT\\nEND:VCALENDAR\\n";
    let calendar = calendar(&format!(
        r#"{{"description": "d", "forbidden": [{{"icalendar": {{"file": "h.ics", "text": "{ics}"}}}}, {{"days": ["sat"], "later": 1}}],
            "allowed": [{{"hours": "00:00-24:00", "name": "n", "dates": ["2026-01-01..2026-12-31"]}}], "later": true}}"#
    ));
    assert_eq!(by(&calendar, "2026-12-25T08:00"), "`office`: Off (2026-12-25)");
    let read = Calendar::from_json(&calendar.to_json()).unwrap();
    assert_eq!(read, calendar);
    assert_eq!(by(&read, "2026-12-25T08:00"), "`office`: Off (2026-12-25)");
}

#[test]
fn what_was_stored_badly_is_refused() {
    for (text, said) in [
        ("[]", "the stored calendar cannot be read"),
        (r#"{"name": "x", "zone": "Mars"}"#, "there is no time zone `Mars`"),
        (
            r#"{"name": "x", "zone": "UTC", "forbidden": [{"moons": 3}]}"#,
            "a rule of it says nothing that this version knows",
        ),
        (r#"{"name": "x", "zone": "UTC", "allowed": [{"days": ["fr"]}]}"#, "`fr` is no day of the week"),
        (
            r#"{"name": "x", "zone": "UTC", "allowed": [{"icalendar": {"file": "a.ics", "text": ""}}]}"#,
            "`a.ics`, line 1: ",
        ),
    ] {
        let error = Calendar::from_json(text).unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn dates_days_and_hours_are_written_one_way() {
    for good in ["2026-12-24", "2026-12-31..2027-01-02", "2028-02-29"] {
        assert_eq!(good.parse::<Dates>().unwrap().to_string(), good);
    }
    for bad in [
        "",
        "24.12.2026",
        "2026-02-29",
        "2026-12-24..",
        "2027-01-02..2026-12-31",
        "2026-1-1",
        "2026-12-24T00:00",
        "20261224",
    ] {
        assert!(bad.parse::<Dates>().is_err(), "{bad}");
    }
    for good in ["22:00-06:00", "00:00-24:00", "09:30-17:00"] {
        assert_eq!(good.parse::<Hours>().unwrap().to_string(), good);
    }
    for bad in ["", "22-06", "25:00-06:00", "10:00-10:00", "10:00", "10:00-24:30", "1:00-2:00", "+1:00-02:00"] {
        assert!(bad.parse::<Hours>().is_err(), "{bad}");
    }
    assert_eq!("Saturday".parse::<CalendarDay>().unwrap().to_string(), "sat");
    assert_eq!(rule(r#"{"days": ["SUN"]}"#).days, ["sunday".parse().unwrap()]);
    for bad in ["", "fr", "Fryday", "6"] {
        assert!(bad.parse::<CalendarDay>().is_err(), "{bad}");
    }
}
