//! Schedules whose times have all passed.

use crate::installation::{Ended, Installation, assert_names};
use crate::stored::{apply, folder, installation, script, serve_once, set, start};
use serde_json::json;

/// A job with this schedule, and one that is due again and again.
fn job(schedule: &str, says: &str) -> String {
    format!("schedules: [{{every: 24h}}, {schedule}]\nsteps: {}\n", json!([script("say", &format!("echo {says}"))]))
}

fn project(installation: &Installation, command: &str) -> Ended {
    installation.run(&["project", command, &folder(installation), "--project", "web"])
}

#[test]
fn a_new_one_is_refused_with_its_place() {
    let installation = installation("");
    for (schedule, name) in [
        ("{cron: 0 0 12 1 1 ? 2020}", "`0 0 12 1 1 ? 2020`"),
        ("{at: '2020-01-01T10:00:00Z'}", "`at 2020-01-01T10:00:00Z`"),
    ] {
        set(&installation, &[("nightly", &job(schedule, "hello"))]);
        let file = format!("{}/nightly.yaml", folder(&installation));
        let next = installation.run(&["schedule", "next", &file, "--project", "web"]);
        let all = ["validate", "plan", "apply"].map(|command| project(&installation, command));
        for ended in all.iter().chain([&next]) {
            let error = ended.failed(4, "job.never-due");
            assert_names(error, &["nightly.yaml:4:27", name, "all of its times have passed", "`enabled: false`"]);
        }
    }
    assert_eq!(installation.database("SELECT count(*) FROM job"), [[0]]);
    set(&installation, &[("nightly", &job("{cron: 0 0 12 1 1 ? 2020, enabled: false}", "hello"))]);
    project(&installation, "apply").ok();
}

/// Time passes while a job is stored. Its file is applied with the others then, its steps are changed, and it runs.
#[test]
fn a_stored_one_stays_until_it_is_changed() {
    let installation = installation("");
    apply(&installation, &[("nightly", &job("{cron: 0 0 12 1 1 ? 2090}", "hello"))]);
    for (table, column) in [("job_version", "text"), ("schedule", "definition"), ("schedule", "name")] {
        installation.database(&format!("UPDATE {table} SET {column} = replace({column}, '2090', '2020') RETURNING 1"));
    }
    installation.database("UPDATE schedule SET next_at = NULL WHERE name LIKE '%2020' RETURNING 1");

    let past = "{cron: 0 0 12 1 1 ? 2020}";
    set(&installation, &[("nightly", &job(past, "hello"))]);
    assert_names(&project(&installation, "plan").stderr, &["1 as they were"]);
    set(&installation, &[("nightly", &job(past, "other words"))]);
    project(&installation, "apply").ok();
    start(&installation, "nightly", &[]);
    serve_once(&installation);
    let listed = installation.run(&["execution", "list", "--project", "web", "--output", "json"]);
    assert_names(listed.ok(), &["\"succeeded\""]);

    set(&installation, &[("nightly", &job("{cron: 0 0 11 1 1 ? 2020}", "hello"))]);
    project(&installation, "apply").failed(4, "job.never-due");
}
