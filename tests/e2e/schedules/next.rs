use crate::installation::assert_names;
use crate::stored::{apply, folder, installation, script};
use serde_json::{Value, json};

fn job(schedules: &str) -> String {
    format!("schedules: [{schedules}]\nsteps: {}\n", json!([script("say", "echo hello")]))
}

/// Berlin puts its clocks forward on 2027-03-28 from 02:00 to 03:00, and back on 2027-10-31 from 03:00 to 02:00.
#[test]
fn the_next_times_are_explained() {
    let installation = installation("");
    apply(&installation, &[("nightly", &job("{cron: '30 2 * * *', timeZone: Europe/Berlin, name: night}"))]);
    let next = |from: &str| {
        let arguments =
            ["schedule", "next", "nightly", "--project", "web", "-n", "3", "--from", from, "--output", "json"];
        serde_json::from_str::<Vec<Value>>(installation.run(&arguments).ok()).unwrap()
    };
    let told = |rows: &[Value]| -> Vec<String> {
        rows.iter().map(|row| format!("{} {}", row["due"].as_str().unwrap(), row["local"].as_str().unwrap())).collect()
    };
    let spring = next("2027-03-27T12:00:00Z");
    let expected = [
        "2027-03-28T01:00:00Z 2027-03-28T03:00:00+02:00",
        "2027-03-29T00:30:00Z 2027-03-29T02:30:00+02:00",
        "2027-03-30T00:30:00Z 2027-03-30T02:30:00+02:00",
    ];
    assert_eq!(told(&spring), expected);
    assert_names(spring[0]["note"].as_str().unwrap(), &["02:30", "2027-03-28", "clocks are put forward"]);
    assert_eq!(spring[1]["note"], Value::Null);
    let autumn = next("2027-10-30T12:00:00Z");
    assert_eq!(
        told(&autumn)[..2],
        ["2027-10-31T00:30:00Z 2027-10-31T02:30:00+02:00", "2027-11-01T01:30:00Z 2027-11-01T02:30:00+01:00"]
    );
    assert_names(autumn[0]["note"].as_str().unwrap(), &["first of two"]);
    let table =
        installation.run(&["schedule", "next", "nightly", "--project", "web", "--from", "2027-03-27T12:00:00Z"]);
    assert_names(table.ok(), &["2027-03-28T03:00:00+02:00[Europe/Berlin]", "Sun", "night", "clocks are put forward"]);
    assert_eq!(table.stdout.matches("[Europe/Berlin]").count(), 10);
}

#[test]
fn a_file_is_explained_before_it_is_applied() {
    let installation = installation("");
    crate::stored::set(&installation, &[("draft", &job("{every: 6h}, {at: '2090-01-01T10:00:00Z', name: once}"))]);
    let file = format!("{}/draft.yaml", folder(&installation));
    let arguments = [
        "schedule",
        "next",
        &file,
        "--project",
        "web",
        "--from",
        "2090-01-01T03:00:00Z",
        "-n",
        "3",
        "--output",
        "json",
    ];
    let rows: Vec<Value> = serde_json::from_str(installation.run(&arguments).ok()).unwrap();
    let told: Vec<_> =
        rows.iter().map(|row| (row["schedule"].as_str().unwrap(), row["due"].as_str().unwrap())).collect();
    let expected =
        [("every 6h", "2090-01-01T06:00:00Z"), ("once", "2090-01-01T10:00:00Z"), ("every 6h", "2090-01-01T12:00:00Z")];
    assert_eq!(told, expected);
    assert!(installation.run(&["schedule", "list", "--output", "json"]).ok().contains("[]"));
}

/// What stands beside a file is what it would be applied with.
#[test]
fn a_file_is_explained_with_the_calendars_of_its_folder() {
    let installation = installation("");
    let job = job("{cron: 0 0 * * *, calendars: [shop]}");
    crate::stored::set(&installation, &[("draft", &job)]);
    let file = format!("{}/draft.yaml", folder(&installation));
    let arguments = ["schedule", "next", &file, "--project", "web", "-n", "2", "--from", "2090-01-01T03:00:00Z"];
    let next = || -> Vec<Value> {
        serde_json::from_str(installation.run(&[&arguments[..], &["--output", "json"]].concat()).ok()).unwrap()
    };
    assert_names(next()[0]["excluded"].as_str().unwrap(), &["calendar `shop` is not stored yet, and no file beside"]);
    let calendar = |rules: &str| format!("apiVersion: windlass/v1\nkind: Calendar\nname: shop\n{rules}");
    installation.write("jobs/shop.yaml", calendar("forbidden: [{days: [mon]}]\n"));
    let rows = next();
    assert_eq!((&rows[0]["local"], &rows[0]["runs"]), (&json!("2090-01-02T00:00:00+00:00"), &json!(false)));
    assert_names(rows[0]["excluded"].as_str().unwrap(), &["`shop`: Monday"]);
    assert_eq!(rows[1]["runs"], true);
    installation.write("jobs/shop.yaml", calendar("forbidden: [{days: [mn]}]\n"));
    assert_names(installation.run(&arguments).failed(4, "calendar.invalid"), &["shop.yaml:4:", "`mn`"]);

    installation.write("jobs/shop.yaml", calendar("forbidden: [{dates: [2026-01-01..2098-12-31], name: closed}]\n"));
    installation.run(&["project", "apply", &folder(&installation), "--project", "web"]).ok();
    std::fs::remove_file(installation.folder().join("jobs/shop.yaml")).unwrap();
    assert_names(next()[0]["excluded"].as_str().unwrap(), &["`shop`: closed"]);
    let listed = installation.run(&["schedule", "list", "--project", "web"]);
    assert_names(listed.ok(), &["T00:00:00+00:00[UTC] (excluded)"]);
}

#[test]
fn what_is_not_there_is_named() {
    let installation = installation("");
    apply(&installation, &[("nightly", &job("{every: 6h, name: six}"))]);
    let ended = installation.run(&["schedule", "next", "nightli", "--project", "web"]);
    assert_names(ended.failed(4, "job.unknown"), &["nightly"]);
    let file = format!("{}/nightly.yaml", folder(&installation));
    let ended = installation.run(&["schedule", "next", &file, "--project", "web", "--schedule", "sixx"]);
    assert_names(ended.failed(4, "schedule.unknown"), &["job `nightly` has no schedule `sixx`", "`six`"]);
    let ended = installation.run(&["schedule", "pause", "nightly", "--project", "web", "--schedule", "sixx"]);
    assert_names(ended.failed(4, "schedule.unknown"), &["has no schedule `sixx`", "`six`"]);
}
