//! Plans, and applying them.

use super::{NOOP, project};
use crate::installation::{Installation, assert_names};
use crate::stored::{apply, set, stored};
use serde_json::{Value, json};

fn jobs(installation: &Installation) -> Vec<Vec<Value>> {
    installation.database("SELECT name, version FROM job WHERE deleted_at IS NULL ORDER BY name")
}

#[test]
fn a_plan_changes_nothing_and_an_application_all() {
    let installation = stored(&[("a", NOOP), ("b", NOOP), ("c", &format!("id: stable\n{NOOP}"))]);
    set(&installation, &[("a", NOOP), ("b", &format!("description: new\n{NOOP}")), ("e", NOOP)]);
    installation.write("jobs/d.yaml", format!("apiVersion: windlass/v1\nkind: Job\nname: d\nid: stable\n{NOOP}"));
    let plan = project(&installation, "plan", &[]);
    assert_names(
        plan.ok(),
        &["│ b ", "changed", "│ d ", "changed, was `c`", "│ e ", "new", "+description: new", "-name: c", "+name: d"],
    );
    assert!(!plan.stdout.contains('\u{1b}') && !plan.stdout.contains("│ a "), "{}", plan.stdout);
    assert_names(&plan.stderr, &["1 new, 2 changed, 0 removed, 1 as they were"]);
    let json: Value = serde_json::from_str(project(&installation, "plan", &["--output", "json"]).ok()).unwrap();
    let changes: Vec<&Value> = json.as_array().unwrap().iter().map(|job| &job["change"]).collect();
    assert_eq!(changes, ["unchanged", "changed", "changed", "added"]);
    assert_eq!(json!(jobs(&installation)), json!([["a", 1], ["b", 1], ["c", 1]]));

    let applied = project(&installation, "apply", &[]);
    assert_names(applied.ok(), &["│ b ", "│ d ", "│ e "]);
    assert_eq!(json!(jobs(&installation)), json!([["a", 1], ["b", 2], ["d", 2], ["e", 1]]));
    let again = project(&installation, "apply", &[]);
    assert_eq!(again.ok(), "");
    assert_names(&again.stderr, &["0 new, 0 changed, 0 removed, 4 as they were"]);
}

#[test]
fn what_the_folder_has_no_more_is_removed_only_when_somebody_agrees() {
    let installation = stored(&[("a", NOOP), ("b", NOOP), ("c", NOOP)]);
    set(&installation, &[("a", NOOP)]);
    let refused = project(&installation, "apply", &[]);
    assert_names(refused.failed(3, "project.removes"), &["`b`, `c`", "--yes"]);
    assert_eq!(jobs(&installation).len(), 3);
    let applied = project(&installation, "apply", &["--yes", "--output", "json"]);
    let applied: Value = serde_json::from_str(applied.ok()).unwrap();
    assert_eq!(applied, json!([{"job": "b", "version": null}, {"job": "c", "version": null}]));
    assert_eq!(json!(jobs(&installation)), json!([["a", 1]]));
    // It comes back with its history.
    apply(&installation, &[("a", NOOP), ("b", NOOP)]);
    assert_eq!(json!(jobs(&installation)), json!([["a", 1], ["b", 2]]));
}

/// Whoever is asked at a terminal may take long to answer, and others may apply meanwhile.
#[test]
fn a_plan_that_is_no_longer_true_is_not_applied() {
    let installation = stored(&[("a", NOOP), ("b", NOOP)]);
    let answered = |meanwhile: &dyn Fn(), answer: &str| {
        set(&installation, &[("a", &format!("description: mine\n{NOOP}"))]);
        let folder = crate::stored::folder(&installation);
        let command = installation.command(&["project", "apply", folder.as_str(), "--project", "web"]);
        windlass_tests::terminal::answer(command, "[y/N] ", || {
            meanwhile();
            format!("{answer}\n")
        })
        .unwrap()
    };
    let (status, seen) = answered(&|| {}, "n");
    assert_eq!(status.code(), Some(3), "{seen}");
    assert_names(&seen, &["remove from project `web`: `b`? [y/N]", "error[project.removes]", "nothing was applied"]);
    let other = || apply(&installation, &[("a", &format!("description: theirs\n{NOOP}")), ("b", NOOP)]);
    let (status, seen) = answered(&other, "y");
    assert_eq!(status.code(), Some(3), "{seen}");
    assert_names(&seen, &["error[project.changed]", "it has version 2", "`windlass project plan`"]);
    assert_eq!(json!(jobs(&installation)), json!([["a", 2], ["b", 1]]));
    let (status, seen) = answered(&|| {}, "yes");
    assert_eq!(status.code(), Some(0), "{seen}");
    assert_eq!(json!(jobs(&installation)), json!([["a", 3]]));
}

#[test]
fn projects_have_jobs_of_their_own() {
    let installation = stored(&[("a", NOOP)]);
    let folder = crate::stored::folder(&installation);
    installation.run(&["project", "apply", folder.as_str(), "--project", "api"]).ok();
    assert_eq!(json!(installation.database("SELECT project FROM job ORDER BY project")), json!([["api"], ["web"]]));
}

crate::installation::also_on_postgres! {
    a_plan_changes_nothing_and_an_application_all,
    what_the_folder_has_no_more_is_removed_only_when_somebody_agrees,
    a_plan_that_is_no_longer_true_is_not_applied,
    projects_have_jobs_of_their_own,
}
