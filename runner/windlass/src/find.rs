//! What the words of a command line stand for in the database.

use windlass_credentials::known_project;
use windlass_errors::nearest_hint;
use windlass_settings::{ProjectName, Settings};
use windlass_store::{BySuffix, ExecutionRow, JobRow, State, Store, job_key};

use crate::problem::Problem;
use crate::show;

/// The execution whose id ends like this.
pub(crate) async fn execution(store: &Store, suffix: &str) -> Result<ExecutionRow, Problem> {
    match store.execution_by_suffix(suffix).await? {
        BySuffix::One(row) => Ok(*row),
        BySuffix::None => {
            let message = format!("no execution has an id that ends in `{}`", show::safe_text(suffix));
            Err(Problem::with_help("execution.unknown", message, "`windlass execution list` shows ids"))
        }
        BySuffix::Many(ids) => {
            let message = format!("several executions have an id that ends in `{}`", show::safe_text(suffix));
            let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
            let help = format!("give more of it; the newest of them are {}", ids.join(", "));
            Err(Problem::with_help("execution.ambiguous", message, &help))
        }
    }
}

/// A stored job of a project that there is.
pub(crate) async fn job(
    settings: &Settings,
    store: &Store,
    project: &ProjectName,
    name: &str,
) -> Result<JobRow, Problem> {
    known_project(settings, project)?;
    if let Some(row) = store.job(project.as_str(), name).await? {
        return Ok(row);
    }
    let jobs = store.jobs(project.as_str()).await?;
    let hint = nearest_hint(name, jobs.iter().map(|row| row.name.as_str()));
    let name = show::safe_text(name);
    Err(Problem::with_help("job.unknown", format!("project `{project}` has no job `{name}`"), &hint))
}

/// What the executions of a job have in common, whether it is stored or was run from a file.
pub(crate) async fn key_of(store: &Store, project: &ProjectName, name: &str) -> Result<String, Problem> {
    let stored = store.job(project.as_str(), name).await?;
    Ok(job_key(project.as_str(), &stored.map_or_else(|| format!("name:{name}"), |row| row.identity)))
}

/// Whether one of these paths is that of the step, or of one in the group.
pub(crate) fn has_step<'a>(wanted: &str, paths: impl Iterator<Item = &'a str> + Clone) -> Result<(), Problem> {
    if paths.clone().any(|path| is_within(wanted, path)) {
        return Ok(());
    }
    let message = format!("the execution has no step `{}`", show::safe_text(wanted));
    Err(Problem::with_help("execution.unknown", message, &nearest_hint(wanted, paths)))
}

/// Whether the step at this path is the wanted one, or in it.
pub(crate) fn is_within(wanted: &str, path: &str) -> bool {
    path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', '#', '/']))
}

/// A state by its name.
pub(crate) fn state(text: &str) -> Result<State, String> {
    const ALL: &str = "`queued`, `running`, `succeeded`, `failed`, `timedOut`, `cancelled`, `interrupted`, `skipped`";
    text.parse().map_err(|_| format!("write one of {ALL}"))
}
