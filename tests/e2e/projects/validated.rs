//! Everything that is wrong with a folder of jobs, at once.

use super::{NOOP, project};
use crate::installation::{Ended, assert_names};
use crate::stored::{installation, set};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::Value;
use std::process::Command;
use windlass_tests::binaries;

#[test]
fn a_good_folder_is_said_to_be_good() {
    let installation = installation("");
    set(&installation, &[("a", NOOP), ("b", "steps: [{job: {name: a}}]\n")]);
    installation.write("jobs/.hidden.yaml", "no job");
    installation.write("jobs/readme.md", "no job");
    let ended = project(&installation, "validate", &[]);
    assert_eq!(ended.ok(), "");
    assert_names(&ended.stderr, &["2 jobs in", "nothing is wrong"]);
    let json: Value = serde_json::from_str(project(&installation, "validate", &["--output", "json"]).ok()).unwrap();
    assert_eq!((&json["valid"], &json["jobs"]), (&true.into(), &2.into()));
}

#[test]
fn several_errors_in_several_files_are_all_told() {
    let installation = installation("");
    set(
        &installation,
        &[
            ("a", "timeout: 0s\nretry: {attempts: 0}\nsteps: [{uses: misbehave/noop}]\n"),
            ("b", "steps: []\n"),
            ("c", NOOP),
        ],
    );
    installation.write("jobs/d.yaml", "apiVersion: windlass/v1\nkind: Job\nname: c\nsteps: [{uses: misbehave/noop}]\n");
    let ended = project(&installation, "validate", &[]);
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("error[job.invalid]").count(), 4, "{}", ended.stderr);
    let places =
        ["jobs/a.yaml:4:10", "jobs/a.yaml:5:", "jobs/b.yaml:", "jobs/d.yaml:", "the name `c`", "4 things to mend"];
    assert_names(&ended.stderr, &places);
    let json = project(&installation, "validate", &["--output", "json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let errors = json["errors"].as_array().unwrap();
    assert_eq!((errors.len(), &json["valid"]), (4, &false.into()));
    assert!(errors[0]["place"].as_str().unwrap().ends_with("jobs/a.yaml:4:10"), "{}", errors[0]);
    assert_eq!(project(&installation, "plan", &[]).code, Some(4));
    assert_eq!(project(&installation, "apply", &[]).code, Some(4));
    assert_eq!(installation.database("SELECT count(*) FROM job"), [[0]]);
}

#[test]
fn jobs_are_held_against_their_step_types_and_each_other() {
    let installation = installation("");
    set(
        &installation,
        &[
            ("a", "steps: [{uses: misbehave/rows, with: {count: many}}, {uses: misbehave/nop}]\n"),
            ("b", "steps: [{job: {name: z}}]\n"),
            ("c", "steps: [{job: {name: d}}]\n"),
            ("d", "steps: [{job: {name: c}}]\n"),
        ],
    );
    let ended = project(&installation, "validate", &[]);
    assert_eq!(ended.code, Some(4));
    let codes =
        ["error[job.invalid-step]", "error[job.unknown-step-type]", "error[job.unknown-job]", "error[job.cycle]"];
    assert_names(&ended.stderr, &codes);
    assert_names(&ended.stderr, &["did you mean `noop`?"]);
}

#[test]
fn calendars_are_files_beside_the_jobs() {
    let installation = installation("");
    let scheduled = format!("schedules: [{{every: 1h, calendars: [holidays]}}]\n{NOOP}");
    set(&installation, &[("a", &scheduled)]);
    let calendar = "apiVersion: windlass/v1\nkind: Calendar\nname: holidays\nforbidden: [{icalendar: holidays.ics}]\n";
    let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nEND:VEVENT\nEND:VCALENDAR\n";
    installation.write("jobs/holidays.yaml", calendar);
    installation.write("jobs/holidays.ics", ics);
    let ended = project(&installation, "validate", &[]);
    assert_eq!(ended.ok(), "");
    assert_names(&ended.stderr, &["1 job and 1 calendar in", "nothing is wrong"]);

    let job = |calendar: &str| {
        let scheduled = scheduled.replace("[holidays]", &format!("[{calendar}]"));
        format!("apiVersion: windlass/v1\nkind: Job\nname: a\n{scheduled}")
    };
    installation.write("jobs/a.yaml", job("holiday"));
    let ended = project(&installation, "validate", &[]);
    assert_names(ended.failed(4, "job.unknown-calendar"), &["jobs/a.yaml:4:37", "did you mean `holidays`?"]);

    installation.write(
        "jobs/again.yaml",
        calendar.replace("forbidden: [{icalendar: holidays.ics}]", "forbidden: [{days: [sat]}]"),
    );
    installation.write("jobs/holidays.ics", ics.replace("20261225", "never"));
    let ended = project(&installation, "validate", &[]);
    assert_names(
        ended.failed(4, "calendar.invalid"),
        &["holidays.yaml:4:25", "`holidays.ics`, line 3: DTSTART: `never` is no day"],
    );
    assert!(!ended.stderr.contains("job.unknown-calendar"), "{}", ended.stderr);

    installation.write("jobs/holidays.ics", ics);
    let ended = project(&installation, "validate", &[]);
    assert_names(&ended.stderr, &["another calendar has the name `holidays` already: `", "again.yaml`"]);
}

/// A file that cannot be read hides nothing of the others, and it is not said that its job is not there.
#[test]
fn a_file_that_is_no_job_does_not_hide_what_is_wrong_with_others() {
    let installation = installation("");
    let wrong = "steps: [{uses: misbehave/nop}, {job: {name: broken}}, {job: {name: good, options: {x: 1}}}]\n";
    set(&installation, &[("good", NOOP), ("wrong", wrong)]);
    installation.write(
        "jobs/broken.yaml",
        "apiVersion: windlass/v1\nkind: Job\nname: broken\nsteps: [{uses: misbehave/noop}\n",
    );
    installation.write("jobs/zero.yaml", "name: zero\n");
    let ended = project(&installation, "validate", &["--output", "json"]);
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let told: Vec<String> = json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            let place = error["place"].as_str().unwrap().rsplit('/').next().unwrap();
            format!("{} {}", error["code"].as_str().unwrap(), place)
        })
        .collect();
    let all = told.join("\n");
    let files = ["broken.yaml:", "wrong.yaml:4:16", "wrong.yaml:4:", "zero.yaml:1:"];
    assert!(told.iter().zip(files).all(|(error, file)| error.contains(file)) && told.len() >= files.len(), "{all}");
    assert_names(&all, &["job.unknown-step-type wrong.yaml:4:16", "job.invalid-option wrong.yaml:4:"]);
    assert!(!all.contains("job.unknown-job"), "{all}");
    let shown = project(&installation, "validate", &[]).stderr;
    assert_names(&shown, &["error[job.unknown-step-type]", "broken.yaml:", &format!("{} things to mend", told.len())]);
}

#[test]
fn a_folder_or_project_that_is_none_is_named() {
    let installation = installation("");
    assert_names(project(&installation, "validate", &[]).failed(3, "project.folder"), &["/jobs`"]);
    let ended = installation.run(&["project", "validate", "jobs", "--project", "wep"]);
    assert_names(ended.failed(3, "project.unknown"), &["`wep`"]);
}

#[test]
fn editors_get_a_schema() {
    let installation = installation("");
    for (arguments, kind) in [(&[][..], "Job"), (&["--kind", "job"], "Job"), (&["--kind", "calendar"], "Calendar")] {
        let printed = installation.run(&[&["project", "schema"], arguments].concat());
        let schema: Value = serde_json::from_str(printed.ok()).unwrap();
        assert_eq!(schema["properties"]["kind"]["const"], kind);
    }
}

/// A pipe that nobody writes to is not waited for.
#[test]
fn what_is_no_regular_file_is_refused() {
    let installation = installation("");
    set(&installation, &[("a", NOOP)]);
    let calendar = "apiVersion: windlass/v1\nkind: Calendar\nname: holidays\nforbidden: [{icalendar: holidays.ics}]\n";
    installation.write("jobs/holidays.yaml", calendar);
    for name in ["jobs/x.yaml", "jobs/holidays.ics"] {
        let path = installation.folder().join(name);
        mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    }
    let mut bounded = Command::new("timeout");
    bounded.arg("60").arg(binaries::windlass().unwrap());
    let folder = crate::stored::folder(&installation);
    let arguments = ["project", "validate", &folder, "--project", "web"];
    let ended = Ended::from(installation.arguments_for(bounded, &arguments).output().unwrap());
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert_names(&ended.stderr, &["error[job.unreadable]", "jobs/x.yaml", "it is a pipe, a socket or a device"]);
    assert_names(&ended.stderr, &["error[calendar.invalid]", "cannot read `holidays.ics`: it is no regular file"]);
}
