//! The examples of `docs/jobs.md`, `docs/schedules.md`, `docs/cloudwatch-logs.md` and `docs/notify.md` are jobs, or calendars
//! that these name.

use super::project;
use crate::installation::{Installation, assert_names};
use crate::stored::{installation, set};

/// What stands between the fences.
fn examples(page: &str) -> Vec<&str> {
    page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// A whole job as it is; of a part, the rest is added. Its years are put off: a schedule that is new has to
/// have a time to come, whenever this runs.
fn whole(number: usize, example: &str) -> String {
    let example = &example.replace("2030", "2099").replace("202", "209");
    if example.starts_with("apiVersion:") {
        return example.to_owned();
    }
    let steps = if example.contains("steps:") { "" } else { "steps: [{uses: shell/command, with: {command: [ls]}}]\n" };
    format!("apiVersion: windlass/v1\nkind: Job\nname: example-{number}\n{example}{steps}")
}

/// A page's examples are jobs of a project with the accounts that they name.
fn checked(page: &str) {
    let account = |name: &str| format!("{{name: {name}, source: ec2-instance-role, regions: [eu-west-1, us-east-1]}}");
    let accounts = ["prod", "stage"].map(account).join(", ");
    let installation =
        Installation::new(&format!("projects: [{{name: web, defaultAccount: prod, accounts: [{accounts}]}}]\n"));
    set(&installation, &[]);
    let examples = examples(page);
    let calendars = examples.iter().filter(|example| example.contains("kind: Calendar")).count();
    let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nEND:VEVENT\nEND:VCALENDAR\n";
    installation.write("jobs/holidays.ics", ics);
    for (number, example) in examples.iter().enumerate() {
        installation.write(&format!("jobs/{number}.yaml"), whole(number, example));
    }
    let ended = project(&installation, "validate", &[]);
    ended.ok();
    assert_names(&ended.stderr, &[&format!("{} jobs", examples.len() - calendars), "nothing is wrong"]);
}

#[test]
fn every_example_of_job_files_is_checked() {
    let page = include_str!("../../../docs/jobs.md");
    assert!(examples(page).len() > 10);
    checked(page);
}

#[test]
fn every_example_of_queries_is_checked() {
    let page = include_str!("../../../docs/cloudwatch-logs.md");
    assert!(examples(page).len() > 3);
    checked(page);
}

#[test]
fn every_example_of_schedules_is_checked() {
    let page = include_str!("../../../docs/schedules.md");
    assert!(examples(page).len() > 2);
    checked(page);
}

#[test]
fn every_example_of_notifications_is_checked() {
    let page = include_str!("../../../docs/notify.md");
    assert!(examples(page).len() > 3);
    checked(page);
}

/// Each key that there is has its place on its page.
#[test]
fn every_key_is_on_the_page() {
    let (jobs, calendars) = (include_str!("../../../docs/jobs.md"), include_str!("../../../docs/schedules.md"));
    for (kind, page) in [("job", jobs), ("calendar", calendars)] {
        let schema = installation("").run(&["project", "schema", "--kind", kind]);
        let schema: serde_json::Value = serde_json::from_str(schema.ok()).unwrap();
        let definitions = schema["$defs"].as_object().unwrap().values().chain([&schema]);
        let keys =
            definitions.filter_map(|shape| shape["properties"].as_object()).flatten().map(|(key, _)| key.as_str());
        let missing: Vec<&str> = keys.filter(|key| !page.contains(key)).collect();
        assert_eq!(missing, [""; 0], "{kind}");
    }
}
