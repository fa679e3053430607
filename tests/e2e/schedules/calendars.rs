use super::{due_since, history, outcomes};
use crate::installation::{Installation, also_on_postgres, assert_names};
use crate::stored::{folder, installation, script, serve_once, set};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::fs;

const CLOSED: &str = "forbidden:\n  - {name: closed, dates: [2026-01-01..2098-12-31]}\n";
const EVENTS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n\
    DTSTART;VALUE=DATE:20270101\r\nSUMMARY:New Year\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn project(installation: &Installation, command: &str, more: &[&str]) -> crate::installation::Ended {
    installation.run(&[&["project", command, folder(installation).as_str(), "--project", "web"], more].concat())
}

/// A job that is due unless the calendar says otherwise, and by itself no more than once a year.
fn rare(rules: &str) -> Installation {
    let installation = installation("");
    let steps = json!([script("say", "echo hello")]);
    set(&installation, &[("rare", &format!("schedules: [{{every: 366d, calendars: [shop]}}]\nsteps: {steps}\n"))]);
    write(&installation, rules);
    project(&installation, "apply", &[]).ok();
    installation
}

fn write(installation: &Installation, rules: &str) {
    installation.write("jobs/shop.yaml", format!("apiVersion: windlass/v1\nkind: Calendar\nname: shop\n{rules}"));
}

#[test]
fn a_time_that_a_calendar_forbids_is_a_record_and_no_run() {
    let installation = rare(CLOSED);
    due_since(&installation, Timestamp::now() - SignedDuration::from_secs(5));
    let server = serve_once(&installation);
    let rows = history(&installation, "rare");
    assert_eq!((outcomes(&rows), &rows[0]["code"]), (vec!["excluded"], &json!("schedule.excluded")));
    assert_names(rows[0]["reason"].as_str().unwrap(), &["`shop`", "closed"]);
    assert_names(&server.stderr, &["a schedule was due and started nothing", "outcome=excluded"]);
    // The same calendar with another rule: it is read again.
    write(&installation, "forbidden:\n  - {dates: [2020-01-01]}\n");
    let applied = project(&installation, "apply", &[]);
    assert_names(applied.ok(), &["calendar shop", "changed"]);
    assert_names(&applied.stderr, &["calendars: 0 new, 1 changed, 0 removed"]);
    due_since(&installation, Timestamp::now() - SignedDuration::from_secs(4));
    serve_once(&installation);
    assert_eq!(outcomes(&history(&installation, "rare"))[1], "started");
}

#[test]
fn the_next_times_say_what_does_not_run() {
    let installation = installation("");
    let steps = json!([script("say", "echo hello")]);
    let schedule = "{cron: 0 12 * * *, timeZone: Europe/Berlin, calendars: [shop]}";
    set(&installation, &[("noon", &format!("schedules: [{schedule}]\nsteps: {steps}\n"))]);
    write(
        &installation,
        "timeZone: Europe/Berlin\nforbidden:\n  - {days: [sat, sun]}\n  - {icalendar: holidays.ics}\n",
    );
    installation.write("jobs/holidays.ics", EVENTS);
    project(&installation, "apply", &[]).ok();
    let arguments = ["schedule", "next", "noon", "--project", "web", "-n", "4", "--from", "2026-12-31T12:00:00Z"];
    let told: Vec<Value> =
        serde_json::from_str(installation.run(&[&arguments[..], &["--output", "json"]].concat()).ok()).unwrap();
    let runs: Vec<bool> = told.iter().map(|row| row["runs"].as_bool().unwrap()).collect();
    assert_eq!(runs, [false, false, false, true], "New Year on a Friday, and the weekend: {told:?}");
    assert_names(told[0]["excluded"].as_str().unwrap(), &["New Year"]);
    assert_names(installation.run(&arguments).ok(), &["does not run: `shop`"]);
}

#[test]
fn calendars_come_back_as_files_and_go_when_asked() {
    let installation = rare("forbidden:\n  - {dates: [2026-01-01]}\n");
    installation.write("jobs/holidays.ics", EVENTS);
    write(&installation, "forbidden:\n  - {icalendar: holidays.ics}\n");
    project(&installation, "apply", &[]).ok();
    // Another text of a file that it names is a change.
    installation.write("jobs/holidays.ics", EVENTS.replace("New Year", "First Day"));
    let plan = project(&installation, "plan", &[]);
    assert_names(plan.ok(), &["calendar shop", "changed", "a file that it names has changed"]);
    let out = installation.folder().join("out");
    installation.run(&["project", "export", out.to_str().unwrap(), "--project", "web"]).ok();
    let read = |file: &str| fs::read_to_string(out.join("calendars").join(file)).unwrap();
    assert_eq!(read("holidays.ics"), EVENTS);
    assert!(read("shop.yaml").ends_with("forbidden:\n  - {icalendar: holidays.ics}\n"));
    let steps = json!([script("say", "echo hello")]);
    set(&installation, &[("rare", &format!("steps: {steps}\n"))]);
    let refused = project(&installation, "apply", &[]);
    assert_names(refused.failed(3, "project.removes"), &["calendar `shop`"]);
    project(&installation, "apply", &["--yes"]).ok();
    assert_eq!(installation.database("SELECT count(*) FROM calendar"), [[0]]);
}

also_on_postgres! { a_time_that_a_calendar_forbids_is_a_record_and_no_run, }
