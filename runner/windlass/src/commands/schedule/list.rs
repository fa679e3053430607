use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use windlass_engine::schedules::{NextTime, ScheduleNow, next_times};
use windlass_errors::exit;
use windlass_settings::ProjectName;

use super::next::{local, time_json};
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{setup, show};

#[derive(Args)]
pub(crate) struct List {
    /// Those of this project
    #[arg(long)]
    project: Option<ProjectName>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(super) async fn run(global: &Global, arguments: &List) -> Result<u8, Problem> {
    let settings = setup::configuration(global)?.settings;
    if let Some(project) = &arguments.project {
        windlass_credentials::known_project(&settings, project)?;
    }
    let store = setup::store(&settings).await?;
    let rows = store.schedules(arguments.project.as_ref().map(ProjectName::as_str)).await?;
    let schedules = next_times(&store, &rows, Timestamp::now(), 1).await?;
    match arguments.output {
        Listing::Json => {
            let schedules = schedules.iter().map(|it| {
                json!({
                    "project": it.project, "job": it.job, "schedule": it.name, "when": it.schedule.describe(),
                    "timeZone": it.schedule.zone.name(), "state": state(it), "paused": it.paused_at.map(show::time),
                    "next": next(it).map(time_json),
                })
            });
            show::json(&schedules.collect::<Vec<_>>())?;
        }
        Listing::Table if schedules.is_empty() => {
            show::talk("no schedules; a job has them under `schedules` in its file");
        }
        Listing::Table => {
            let cells = schedules.iter().map(|it| {
                let next = next(it).map(|time| due(it, time)).unwrap_or_default();
                let (project, job, name) = (it.project.clone(), it.job.clone(), it.name.clone());
                [project, job, name, it.schedule.describe(), state(it).to_owned(), next]
            });
            show::listing(["project", "job", "schedule", "when", "state", "next"], cells)?;
        }
    }
    Ok(exit::OK)
}

fn state(schedule: &ScheduleNow) -> &'static str {
    match schedule {
        ScheduleNow { paused_at: Some(_), .. } => "paused",
        ScheduleNow { enabled: false, .. } => "off",
        _ if schedule.times.is_empty() => "over",
        _ => "on",
    }
}

/// The time, and whether a calendar forbids it.
fn due(schedule: &ScheduleNow, time: &NextTime) -> String {
    let excluded = if time.excluded.is_some() { " (excluded)" } else { "" };
    format!("{}{excluded}", local(schedule, time))
}

/// The time it really is due next.
fn next(schedule: &ScheduleNow) -> Option<&NextTime> {
    schedule.times.first().filter(|_| state(schedule) == "on")
}
