//! `windlass schedule`: when jobs run by themselves, and what became of it.

mod history;
mod list;
mod next;
mod pause;

use clap::{Args, Subcommand};
use windlass_errors::nearest_hint;
use windlass_settings::ProjectName;
use windlass_store::{JobRow, ScheduleRow, Store};

use crate::arguments::Global;
use crate::problem::Problem;
use crate::show;

#[derive(Subcommand)]
pub(crate) enum Schedule {
    /// List the schedules of a project, or of all projects
    #[command(after_help = "Example:\n  windlass schedule list --project web")]
    List(list::List),
    /// Show the next times a job is due, and why some of them are not what one would expect
    ///
    /// JOB is a stored job, or a job file that ends in `.yaml` or `.yml`; calendars are then those in the file's folder, else those
    /// that are stored.
    #[command(after_help = "Examples:\n  \
        windlass schedule next nightly --project web\n  \
        windlass schedule next jobs/nightly.yaml --project web -n 20 --from 2027-03-27T00:00:00Z")]
    Next(next::Next),
    /// Show what became of each due time of a job, newest first
    #[command(after_help = "Example:\n  windlass schedule history nightly --project web --limit 50")]
    History(history::History),
    /// Let no more times of a job be due until `resume`
    #[command(after_help = "Example:\n  windlass schedule pause nightly --project web")]
    Pause(pause::Which),
    /// Let a paused schedule go on with the next time after now
    #[command(after_help = "Example:\n  windlass schedule resume nightly --project web --schedule weekday")]
    Resume(pause::Which),
}

/// A stored job.
#[derive(Args)]
struct OfJob {
    /// The job's name
    job: String,
    /// The project that it belongs to
    #[arg(long)]
    project: ProjectName,
}

pub(crate) async fn run(global: &Global, command: Schedule) -> Result<u8, Problem> {
    match command {
        Schedule::List(arguments) => list::run(global, &arguments).await,
        Schedule::Next(arguments) => next::run(global, &arguments).await,
        Schedule::History(arguments) => history::run(global, &arguments).await,
        Schedule::Pause(arguments) => pause::pause(global, &arguments).await,
        Schedule::Resume(arguments) => pause::resume(global, &arguments).await,
    }
}

/// The schedules of a job, or the one of this name.
async fn schedules_of(store: &Store, job: &JobRow, name: Option<&str>) -> Result<Vec<ScheduleRow>, Problem> {
    let rows = store.schedules_of(job.id).await?;
    let Some(name) = name else { return Ok(rows) };
    if !rows.iter().any(|row| row.name == name) {
        return Err(unknown(&job.name, name, rows.iter().map(|row| row.name.as_str())));
    }
    Ok(rows.into_iter().filter(|row| row.name == name).collect())
}

/// A job has these schedules and not this one.
fn unknown<'a>(job: &str, name: &str, names: impl Iterator<Item = &'a str>) -> Problem {
    let message = format!("job `{}` has no schedule `{}`", show::safe_text(job), show::safe_text(name));
    Problem::with_help("schedule.unknown", message, &nearest_hint(name, names))
}
