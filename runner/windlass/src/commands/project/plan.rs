use std::io::IsTerminal as _;

use serde_json::{Value, json};
use windlass_engine::project::{Change, Plan, Planned};
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
        Listing::Json => show::json(&plan.jobs.iter().map(planned).collect::<Vec<_>>())?,
        Listing::Table => {
            if !plan.is_empty() {
                let changes = plan.jobs.iter().filter(|job| job.change != Change::Unchanged);
                let version = |job: &Planned| job.version.map(|version| version.to_string()).unwrap_or_default();
                show::listing(
                    ["job", "change", "version"],
                    changes.map(|job| [job.name.clone(), word(job), version(job)]),
                )?;
            }
            differences(&plan)?;
        }
    }
    show::talk(summary(&plan));
    Ok(exit::OK)
}

/// How many of what.
pub(super) fn summary(plan: &Plan) -> String {
    let count = |wanted: fn(&Change) -> bool| plan.jobs.iter().filter(|job| wanted(&job.change)).count();
    format!(
        "project `{}`: {} new, {} changed, {} removed, {} as they were",
        plan.project,
        count(|change| *change == Change::Added),
        count(|change| matches!(change, Change::Changed { .. })),
        count(|change| *change == Change::Removed),
        count(|change| *change == Change::Unchanged),
    )
}

/// What would become of a job, in a word or two.
pub(super) fn word(job: &Planned) -> String {
    match &job.change {
        Change::Added => "new".to_owned(),
        Change::Changed { renamed_from: Some(before), .. } => format!("changed, was `{before}`"),
        Change::Changed { .. } => "changed".to_owned(),
        Change::Unchanged => "as it was".to_owned(),
        Change::Removed => "removed".to_owned(),
    }
}

fn planned(job: &Planned) -> Value {
    let (change, renamed_from, diff) = match &job.change {
        Change::Added => ("added", None, None),
        Change::Changed { renamed_from, diff } => ("changed", renamed_from.as_ref(), Some(diff)),
        Change::Unchanged => ("unchanged", None, None),
        Change::Removed => ("removed", None, None),
    };
    json!({
        "job": job.name, "change": change, "version": job.version, "file": job.path, "renamedFrom": renamed_from,
        "diff": diff,
    })
}

fn differences(plan: &Plan) -> Result<(), Problem> {
    let colours = std::io::stdout().is_terminal();
    for job in &plan.jobs {
        let Change::Changed { diff, .. } = &job.change else { continue };
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
