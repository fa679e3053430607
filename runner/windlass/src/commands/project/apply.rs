use clap::Args;
use serde_json::json;
use windlass_engine::project::{Change, Plan};
use windlass_errors::exit;

use super::{Jobs, ground, plan, problem};
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::show;

#[derive(Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    jobs: Jobs,
    /// Remove jobs that the folder does not have, without being asked
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(global: &Global, arguments: &Apply) -> Result<u8, Problem> {
    let Apply { jobs, yes } = arguments;
    let ground = ground(global, &jobs.project).await?;
    let folder = ground.checked(&jobs.folder, &jobs.project).await.map_err(|invalid| problem(&invalid))?;
    let plan = Plan::new(&jobs.project, &folder, &ground.store).await?;
    show::talk(plan::summary(&plan));
    if !*yes {
        agreed(&plan)?;
    }
    let applied = plan.apply(&ground.store).await?;
    let words = plan.jobs.iter().filter(|job| job.change != Change::Unchanged).map(|job| plan::word(&job.change));
    match jobs.output {
        Listing::Json => {
            let applied = applied.iter().map(|job| json!({ "job": job.name, "version": job.version }));
            show::json(&applied.collect::<Vec<_>>())?;
        }
        Listing::Table if plan.is_empty() => {}
        Listing::Table => {
            let version = |version: Option<i64>| version.map(|version| version.to_string()).unwrap_or_default();
            let rows = applied.into_iter().zip(words).map(|(job, word)| [job.name, word, version(job.version)]);
            show::listing(["job", "change", "version"], rows.chain(plan::calendars(&plan)))?;
        }
    }
    Ok(exit::OK)
}

/// That somebody wants the jobs removed which the folder does not have.
fn agreed(plan: &Plan) -> Result<(), Problem> {
    let removed = plan.jobs.iter().filter(|job| job.change == Change::Removed);
    let calendars = plan.calendars.iter().filter(|calendar| calendar.change == Change::Removed);
    let calendars = calendars.map(|calendar| format!("calendar `{}`", calendar.name));
    let removed: Vec<String> = removed.map(|job| format!("`{}`", job.name)).chain(calendars).collect();
    if removed.is_empty() {
        return Ok(());
    }
    let (names, project) = (removed.join(", "), &plan.project);
    let refused = |message: String| {
        let help = "with `--yes` they are removed; their versions and executions are kept, and they come back when they are \
                    applied again";
        Err(Problem::with_help("project.removes", message, help))
    };
    match show::asked(format_args!("remove from project `{project}`: {names}?")) {
        Some(true) => Ok(()),
        Some(false) => refused(format!("nothing was applied: jobs of project `{project}` would be removed, {names}")),
        None => refused(format!("this removes jobs from project `{project}` that the folder does not have: {names}")),
    }
}
