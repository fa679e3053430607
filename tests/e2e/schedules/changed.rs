use super::{due_since, history, outcomes, until_fired};
use crate::installation::{Installation, also_on_postgres, assert_names};
use crate::stored::{apply, installation, script, serve, serve_once};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use windlass_tests::wait::{self, PATIENCE};

fn job(schedules: &str) -> String {
    format!("schedules: [{schedules}]\nconcurrency: {{limit: 50}}\nsteps: {}\n", json!([script("say", "echo hello")]))
}

fn listed(installation: &Installation) -> Vec<Value> {
    let listed = installation.run(&["schedule", "list", "--project", "web", "--output", "json"]);
    serde_json::from_str(listed.ok()).unwrap()
}

fn states(installation: &Installation) -> Vec<(String, String)> {
    let state = |row: &Value| (row["schedule"].as_str().unwrap().to_owned(), row["state"].as_str().unwrap().to_owned());
    listed(installation).iter().map(state).collect()
}

#[test]
fn a_paused_schedule_waits_until_it_goes_on() {
    let installation = installation("");
    apply(&installation, &[("beat", &job("{every: 1s, name: seconds}, {every: 24h, name: days}"))]);
    let _server = serve(&installation, "server-");
    until_fired(&installation, "beat", 1);
    let paused = installation.run(&["schedule", "pause", "beat", "--project", "web", "--schedule", "seconds"]);
    paused.ok();
    assert_names(&paused.stderr, &["schedule `seconds` of job `beat` is paused"]);
    let count = history(&installation, "beat").len();
    let [days, seconds] = [("days", "on"), ("seconds", "paused")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(states(&installation), [days, seconds]);
    let next = installation.run(&["schedule", "next", "beat", "--project", "web"]);
    next.ok();
    assert_names(&next.stderr, &["schedule `seconds` is paused since", "windlass schedule resume"]);
    let resumed = installation.run(&["schedule", "resume", "beat", "--project", "web"]);
    resumed.ok();
    assert_names(&resumed.stderr, &["schedule `days` of job `beat` was not paused", "`seconds` of job `beat` goes on"]);
    let rows = until_fired(&installation, "beat", count + 1);
    assert!(outcomes(&rows).iter().all(|outcome| *outcome == "started"), "nothing is made up for: {rows:?}");
}

#[test]
fn a_running_server_hears_of_new_schedules_and_forgets_old_ones() {
    let installation = installation("");
    apply(&installation, &[("beat", &job(""))]);
    let _server = serve(&installation, "server-");
    assert_eq!(listed(&installation), Vec::<Value>::new());
    apply(&installation, &[("beat", &job("{every: 1s, name: one}"))]);
    until_fired(&installation, "beat", 1);
    apply(&installation, &[("beat", &job("{every: 24h, name: other}, {every: 1s, name: off, enabled: false}"))]);
    let [off, other] = [("off", "off"), ("other", "on")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(states(&installation), [off, other]);
    let look = || {
        let due = installation.database("SELECT count(*) FROM schedule WHERE name = 'one' AND next_at IS NOT NULL");
        Ok((due == [[0]]).then_some(()))
    };
    wait::until("the schedule that is gone", PATIENCE, look).unwrap();
    apply(&installation, &[]);
    assert_eq!(listed(&installation), Vec::<Value>::new());
}

/// What came while nobody served is not of the schedule as it is now.
#[test]
fn what_was_switched_off_or_changed_in_time_starts_nothing() {
    for now in ["{every: 24h, name: one, enabled: false}", "{cron: '0 0 1 1 *', name: one}"] {
        let installation = installation("");
        apply(&installation, &[("beat", &job("{every: 1h, name: one}"))]);
        let hour = Timestamp::now().as_second() / 3600 * 3600;
        due_since(&installation, Timestamp::from_second(hour).unwrap());
        apply(&installation, &[("beat", &job(now))]);
        serve_once(&installation);
        let rows = history(&installation, "beat");
        assert_eq!(outcomes(&rows), ["missed"], "{rows:?}");
        assert_eq!(rows[0]["reason"], "the schedule was changed before it fired");
        assert_eq!(installation.database("SELECT count(*) FROM execution"), [[0]]);
    }
}

/// A clock that was set back, here by a hand in the database, costs neither this schedule nor the others anything.
#[test]
fn what_was_fired_is_not_fired_again_and_stops_nobody() {
    let installation = installation("");
    apply(&installation, &[("beat", &job("{every: 1s, name: one}, {every: 1s, name: two}"))]);
    let first = serve(&installation, "first-");
    until_fired(&installation, "beat", 6);
    drop(first);
    installation.database("UPDATE schedule SET next_at = next_at - 2000 WHERE name = 'one' RETURNING 1");
    let count = history(&installation, "beat").len();
    let server = serve(&installation, "server-");
    let rows = until_fired(&installation, "beat", count + 6);
    let mut due: Vec<(&str, &str)> =
        rows.iter().map(|row| (row["schedule"].as_str().unwrap(), row["due"].as_str().unwrap())).collect();
    let all = due.len();
    due.sort_unstable();
    due.dedup();
    assert_eq!(due.len(), all, "each once");
    for name in ["one", "two"] {
        assert!(due.iter().filter(|(schedule, _)| *schedule == name).count() >= 5, "{due:?}");
    }
    assert!(!server.said().contains("ERROR"), "{}", server.said());
}

#[test]
fn a_job_that_cannot_start_is_told_with_a_record() {
    let installation = installation("");
    apply(&installation, &[("rare", &job("{every: 366d}"))]);
    due_since(&installation, Timestamp::now() - SignedDuration::from_secs(5));
    // The configuration loses the project.
    let file = installation.folder().join("windlass.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("{name: web}, ", "")).unwrap();
    let server = serve_once(&installation);
    assert_names(&server.stderr, &["a schedule was due and started nothing", "outcome=failed", "`web`"]);
    std::fs::write(&file, text).unwrap();
    let rows = history(&installation, "rare");
    assert_eq!((outcomes(&rows), &rows[0]["code"]), (vec!["failed"], &json!("project.unknown")));
}

also_on_postgres! { what_was_switched_off_or_changed_in_time_starts_nothing, what_was_fired_is_not_fired_again_and_stops_nobody, a_paused_schedule_waits_until_it_goes_on, a_running_server_hears_of_new_schedules_and_forgets_old_ones, }
