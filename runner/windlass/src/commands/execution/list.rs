use clap::Args;
use serde_json::json;
use windlass_errors::exit;
use windlass_settings::ProjectName;
use windlass_store::{ExecutionFilter, ExecutionRow, State};

use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{find, setup, show};

/// Of a reason so many characters are shown.
const REASON: usize = 60;

#[derive(Args)]
pub(crate) struct List {
    /// Those of this project
    #[arg(long)]
    project: Option<ProjectName>,
    /// Those of this job of the project
    #[arg(long, value_name = "NAME", requires = "project")]
    job: Option<String>,
    /// Those that stand there: queued, running, succeeded, failed, timedOut, cancelled, interrupted, skipped
    #[arg(long, value_parser = find::state)]
    state: Option<State>,
    /// Also those that tell what happened to others
    #[arg(long)]
    notifications: bool,
    /// Those that are older than this one: the last of a list before
    #[arg(long, value_name = "ID")]
    before: Option<String>,
    /// No more than so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
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
    let with_notifications = arguments.notifications;
    let mut filter = ExecutionFilter { state: arguments.state, with_notifications, ..ExecutionFilter::default() };
    filter.project = arguments.project.as_ref().map(ToString::to_string);
    if let (Some(project), Some(job)) = (&arguments.project, &arguments.job) {
        filter.job_key = Some(find::key_of(&store, project, job).await?);
    }
    if let Some(before) = &arguments.before {
        filter.before = Some(find::execution(&store, before).await?.id);
    }
    let rows = store.executions(&filter, arguments.limit).await?;
    match arguments.output {
        Listing::Json => show::json(&rows.iter().map(facts).collect::<Vec<_>>())?,
        Listing::Table if rows.is_empty() => show::talk("no executions"),
        Listing::Table => {
            let header = ["id", "project", "job", "state", "cause", "queued", "took", "reason"];
            show::listing(header, rows.iter().map(cells))?;
        }
    }
    Ok(exit::OK)
}

fn cells(row: &ExecutionRow) -> [String; 8] {
    let reason = match (&row.code, &row.reason) {
        (Some(code), Some(reason)) => format!("{code}: {}", show::brief(reason, REASON)),
        (code, reason) => code.iter().chain(reason).cloned().collect(),
    };
    [
        show::short(row.id),
        row.project.clone(),
        row.job.clone(),
        row.state.to_string(),
        row.cause.to_string(),
        show::time(row.queued_at),
        show::took(row.started_at, row.ended_at),
        reason,
    ]
}

/// All that the row of an execution says.
pub(super) fn facts(row: &ExecutionRow) -> serde_json::Value {
    let time = |at: Option<i64>| at.map(show::time);
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    json!({
        "id": row.id,
        "project": row.project,
        "job": row.job,
        "jobVersion": row.job_version,
        "state": row.state.as_str(),
        "code": row.code,
        "reason": row.reason,
        "cause": row.cause.as_str(),
        "scheduledAt": row.scheduled.map(|scheduled| show::time(scheduled.at)),
        "attempt": row.attempt,
        "tellsOf": row.telling.as_ref().map(|telling| telling.execution),
        "retryOf": row.retry_of,
        "parent": row.parent.map(|step| json!({ "execution": step.execution, "position": step.position })),
        "member": row.member,
        "resumed": row.resume,
        "options": parsed(&row.options),
        "outputs": row.outputs.as_deref().map(parsed),
        "queued": show::time(row.queued_at),
        "notBefore": time(row.not_before),
        "started": time(row.started_at),
        "cancelAsked": time(row.cancel_at),
        "ended": time(row.ended_at),
    })
}
