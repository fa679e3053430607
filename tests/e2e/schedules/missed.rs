use super::{due_since, history, outcomes, second};
use crate::installation::{Installation, also_on_postgres, assert_names};
use crate::stored::{apply, installation, script, serve_once};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// A job that is due each hour, and was so three times while nobody ran, the last time at this one. That is half an hour ago,
/// so that no time comes while the test runs.
fn away(missed: &str) -> (Installation, Timestamp) {
    let minutes = Timestamp::now().as_second() / 60 - 30;
    let (last, minute) = (Timestamp::from_second(minutes * 60).unwrap(), minutes % 60);
    let installation = installation("");
    let (schedule, steps) = (format!("{{cron: {minute} * * * *, {missed}}}"), json!([script("say", "echo hello")]));
    let hourly = format!("schedules: [{schedule}]\nconcurrency: {{limit: 9}}\nsteps: {steps}\n");
    apply(&installation, &[("hourly", &hourly)]);
    due_since(&installation, last - SignedDuration::from_hours(2));
    (installation, last)
}

#[track_caller]
fn assert_outcomes(missed: &str, expected: [&str; 3]) {
    let (installation, last) = away(missed);
    let server = serve_once(&installation);
    let rows = history(&installation, "hourly");
    assert_eq!(outcomes(&rows), expected, "{rows:?}");
    assert_eq!(second(&rows[2]["due"]), last.as_second());
    let started = expected.iter().filter(|outcome| **outcome == "started").count();
    let listed = installation.run(&["execution", "list", "--state", "succeeded", "--output", "json"]);
    let executions: Vec<serde_json::Value> = serde_json::from_str(listed.ok()).unwrap();
    assert_eq!(executions.len(), started, "{executions:?}");
    if expected[0] == "missed" {
        assert_names(&server.stderr, &["a schedule was due and started nothing", "outcome=missed", "job=hourly"]);
        assert_eq!(rows[0]["reason"], "no server was there when it was due");
    }
    serve_once(&installation);
    assert_eq!(history(&installation, "hourly").len(), rows.len(), "it is made up for once");
}

#[test]
fn the_last_is_run_once() {
    assert_outcomes("name: it", ["missed", "missed", "started"]);
}

#[test]
fn all_are_run() {
    assert_outcomes("missed: runAll", ["started", "started", "started"]);
}

#[test]
fn none_is_run() {
    assert_outcomes("missed: skip", ["missed", "missed", "missed"]);
}

/// A schedule of seconds that nobody served for a week does not fill the database, and loses no time.
#[test]
fn a_week_of_seconds_is_in_few_records() {
    let installation = installation("");
    let steps = json!([script("say", "echo hello")]);
    apply(
        &installation,
        &[("beat", &format!("schedules: [{{every: 1s}}]\nconcurrency: {{limit: 99}}\nsteps: {steps}\n"))],
    );
    let since = Timestamp::from_second(Timestamp::now().as_second() - 7 * 86_400).unwrap();
    due_since(&installation, since);
    serve_once(&installation);
    let rows = history(&installation, "beat");
    assert!(rows.len() < 250, "{}", rows.len());
    assert_eq!(second(&rows[0]["due"]), since.as_second());
    let mut expected = since.as_second();
    for row in &rows {
        assert_eq!(second(&row["due"]), expected, "{row}");
        let (last, times) = (second(&row["lastDue"]), row["times"].as_i64().unwrap());
        assert_eq!(last - expected + 1, times, "{row}");
        expected = last + 1;
    }
    assert!(expected > Timestamp::now().as_second() - 60);
}

also_on_postgres! { the_last_is_run_once, a_week_of_seconds_is_in_few_records, }
