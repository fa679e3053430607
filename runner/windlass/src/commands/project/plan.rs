use std::io::IsTerminal as _;

use serde_json::{Value, json};
use windlass_engine::project::{Change, Plan, Planned, PlannedCalendar};
use windlass_errors::exit;

use super::{Jobs, ground, problem};
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::show;

pub(super) async fn run(global: &Global, arguments: &Jobs) -> Result<u8, Problem> {
    let ground = ground(global, &arguments.project).await?;
    let folder = ground.checked(&arguments.folder, &arguments.project).await.map_err(|invalid| problem(&invalid))?;
    let plan = Plan::new(&arguments.project, &folder, &ground.store).await?;
    match arguments.output {
        Listing::Json => {
            let calendars = plan.calendars.iter().map(planned_calendar);
            show::json(&plan.jobs.iter().map(planned).chain(calendars).collect::<Vec<_>>())?;
        }
        Listing::Table => {
            if !plan.is_empty() {
                let changes = plan.jobs.iter().filter(|job| job.change != Change::Unchanged);
                let version = |job: &Planned| job.version.map(|version| version.to_string()).unwrap_or_default();
                let jobs = changes.map(|job| [job.name.clone(), word(&job.change), version(job)]);
                show::listing(["job", "change", "version"], jobs.chain(calendars(&plan)))?;
            }
            differences(&plan)?;
        }
    }
    show::talk(summary(&plan));
    Ok(exit::OK)
}

/// How many of what.
pub(super) fn summary(plan: &Plan) -> String {
    let jobs = counted(plan.jobs.iter().map(|job| &job.change));
    let calendars = match plan.calendars.len() {
        0 => String::new(),
        _ => format!("; calendars: {}", counted(plan.calendars.iter().map(|calendar| &calendar.change))),
    };
    format!("project `{}`: {jobs}{calendars}", plan.project)
}

fn counted<'a>(changes: impl Iterator<Item = &'a Change>) -> String {
    let changes: Vec<&Change> = changes.collect();
    let count = |wanted: fn(&Change) -> bool| changes.iter().filter(|change| wanted(change)).count();
    format!(
        "{} new, {} changed, {} removed, {} as they were",
        count(|change| *change == Change::Added),
        count(|change| matches!(change, Change::Changed { .. })),
        count(|change| *change == Change::Removed),
        count(|change| *change == Change::Unchanged),
    )
}

/// What would become of a job or calendar, in a word or two.
pub(super) fn word(change: &Change) -> String {
    match change {
        Change::Added => "new".to_owned(),
        Change::Changed { renamed_from: Some(before), .. } => format!("changed, was `{before}`"),
        Change::Changed { .. } => "changed".to_owned(),
        Change::Unchanged => "as it was".to_owned(),
        Change::Removed => "removed".to_owned(),
    }
}

/// What would become of calendars that change, for the list of jobs.
pub(super) fn calendars(plan: &Plan) -> impl Iterator<Item = [String; 3]> {
    let changed = plan.calendars.iter().filter(|calendar| calendar.change != Change::Unchanged);
    changed.map(|calendar| [format!("calendar {}", calendar.name), word(&calendar.change), String::new()])
}

fn planned_calendar(calendar: &PlannedCalendar) -> Value {
    let diff = match &calendar.change {
        Change::Changed { diff, .. } => Some(diff),
        _ => None,
    };
    json!({ "calendar": calendar.name, "change": key(&calendar.change), "file": calendar.path, "diff": diff })
}

fn key(change: &Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Changed { .. } => "changed",
        Change::Unchanged => "unchanged",
        Change::Removed => "removed",
    }
}

fn planned(job: &Planned) -> Value {
    let (renamed_from, diff) = match &job.change {
        Change::Changed { renamed_from, diff } => (renamed_from.as_ref(), Some(diff)),
        _ => (None, None),
    };
    json!({
        "job": job.name, "change": key(&job.change), "version": job.version, "file": job.path, "renamedFrom": renamed_from,
        "diff": diff,
    })
}

fn differences(plan: &Plan) -> Result<(), Problem> {
    let colours = std::io::stdout().is_terminal();
    let jobs = plan.jobs.iter().map(|job| &job.change);
    for change in jobs.chain(plan.calendars.iter().map(|calendar| &calendar.change)) {
        let Change::Changed { diff, .. } = change else { continue };
        for line in diff.lines() {
            let line = show::safe_text(line);
            let colour = match line.as_bytes().first() {
                Some(b'+') => "\x1b[32m",
                Some(b'-') => "\x1b[31m",
                Some(b'@') => "\x1b[36m",
                _ => "",
            };
            if colours && !colour.is_empty() {
                show::line(format_args!("{colour}{line}\x1b[0m"))?;
            } else {
                show::line(line)?;
            }
        }
    }
    Ok(())
}
