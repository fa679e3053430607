use std::fs;
use std::path::Path;

use tempfile::TempDir;
use windlass_schedules::Verdict;

use super::*;
use crate::Definition;
use crate::testing::shown;

const ICS: &str = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Christmas\nDTSTART:20261225\nEND:VEVENT\nEND:VCALENDAR\n";

/// A folder with a calendar file of these lines below a header of three, and an iCalendar file beside it.
fn folder(lines: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("apiVersion: windlass/v1\nkind: Calendar\nname: office\n{lines}");
    fs::write(folder.path().join("office.yaml"), text).unwrap();
    fs::write(folder.path().join("holidays.ics"), ICS).unwrap();
    folder
}

fn read(lines: &str) -> Result<Definition, JobErrors> {
    Definition::read(&folder(lines).path().join("office.yaml"))
}

/// All that is wrong with these lines, their first line as 1.
fn said(lines: &str) -> String {
    shown(read(lines).expect_err(lines).iter())
}

#[test]
fn a_calendar_is_a_file_of_the_folder() {
    let lines = "description: Of the office
timeZone: Europe/Berlin
forbidden:
  - {dates: [2026-12-24, 2026-12-31..2027-01-02], name: Turn of the year}
  - {days: [sat, sun]}
  - {hours: 22:00-06:00, days: [fri]}
  - {icalendar: holidays.ics}
allowed:
  - {hours: '06:00-24:00'}
";
    let Ok(Definition::Calendar(read)) = read(lines) else { panic!("no calendar") };
    let calendar = read.calendar;
    assert_eq!((calendar.name.as_str(), calendar.zone.name()), ("office", "Europe/Berlin"));
    assert_eq!((calendar.forbidden.len(), calendar.allowed.len()), (4, 1));
    let by = |at: &str| match calendar.verdict(at.parse().unwrap()) {
        Verdict::Allowed => String::new(),
        Verdict::Forbidden { by } => by,
    };
    assert_eq!(by("2026-12-25T08:00:00Z"), "`office`: Christmas (2026-12-25)");
    assert_eq!(by("2026-12-31T08:00:00Z"), "`office`: Turn of the year (2026-12-31)");
    assert_eq!(by("2026-12-28T08:00:00Z"), "");
    assert_eq!(by("2026-12-29T03:00:00Z"), "`office`: outside of what it allows");
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_its_place() {
    let lines = "timeZone: Europe/Berln
forbidden:
  - {}
  - {dates: [24.12.2026], days: [sat, fr]}
  - {hours: 22-06}
  - {icalendar: missing.ics}
  - {icalendar: ../holidays.ics}
  - {name: ' x', icalendar: holidays.ics}
allowed: []
";
    let said = said(lines);
    let expected = [
        "calendar.invalid 1:11 there is no time zone `Europe/Berln` (did you mean `Europe/Berlin`?)",
        "calendar.invalid 3:5 a rule has at least one of the keys",
        "calendar.invalid 4:14 `24.12.2026` is no date: write `2026-12-24`",
        "calendar.invalid 4:39 `fr` is no day of the week: write `mon`",
        "calendar.invalid 5:13 `22-06` are no hours: write `22:00-06:00`",
        "calendar.invalid 6:17 cannot read the file `missing.ics`: No such file",
        "calendar.invalid 7:17 an iCalendar file stands beside this file or below it",
        "calendar.invalid 8:12 a rule's name has 1 to 100 bytes",
        "calendar.invalid 9:10 an empty `allowed` would forbid everything (leave `allowed` out",
    ];
    assert_eq!(said.lines().count(), expected.len(), "{said}");
    for (line, expected) in said.lines().zip(expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}");
    }
}

#[test]
fn an_icalendar_file_that_is_wrong_is_named_with_its_line() {
    let folder = folder("forbidden: [{icalendar: holidays.ics}]\n");
    fs::write(folder.path().join("holidays.ics"), ICS.replace("20261225", "yesterday")).unwrap();
    let path = folder.path().join("office.yaml");
    let said = shown(Definition::read(&path).unwrap_err().iter());
    let expected = "calendar.invalid 1:25 `holidays.ics`, line 4: DTSTART: `yesterday` is no day or time (a day is";
    assert!(said.starts_with(expected), "{said}");
    fs::write(folder.path().join("holidays.ics"), [0xff]).unwrap();
    let said = shown(Definition::read(&path).unwrap_err().iter());
    assert!(said.contains("the file `holidays.ics` is no text in UTF-8"), "{said}");
}

#[test]
fn shape_and_bounds() {
    assert!(said("forbiden: []\n").starts_with("calendar.invalid 1:1 there is no key `forbiden` here (did you mean"));
    let rules = vec!["{days: [sat]}"; 201].join(", ");
    assert!(said(&format!("forbidden: [{rules}]\n")).contains("by at most 200 rules"));
    let dates = vec!["2026-12-24"; 1001].join(", ");
    assert!(said(&format!("forbidden: [{{dates: [{dates}]}}]\n")).contains("at most 1000 dates"));
    let named = "apiVersion: windlass/v1\nkind: Calendar\nname: a b\n".to_owned();
    let error = ProjectCalendar::parse(Path::new("x.yaml"), named).unwrap_err();
    assert!(error.to_string().contains("a calendar's name has 1 to 100 letters"), "{error}");
}

#[test]
fn another_kind_is_read_as_a_job() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yaml");
    for (text, said) in [
        ("apiVersion: windlass/v1\nkind: Job\nname: x\nsteps: []\n", "a job has at least one step"),
        ("apiVersion: windlass/v1\nkind: Calender\n", "this file is a `Calender`, but a `Job` is expected here"),
        ("a: [", "x.yaml:"),
    ] {
        fs::write(&path, text).unwrap();
        let error = Definition::read(&path).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
