use clap::Args;
use serde_json::json;
use windlass_errors::exit;
use windlass_store::FiringRow;

use super::OfJob;
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{find, setup, show};

#[derive(Args)]
pub(crate) struct History {
    #[command(flatten)]
    of: OfJob,
    /// No more than so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(super) async fn run(global: &Global, arguments: &History) -> Result<u8, Problem> {
    let settings = setup::configuration(global)?.settings;
    let store = setup::store(&settings).await?;
    let job = find::job(&settings, &store, &arguments.of.project, &arguments.of.job).await?;
    let rows = store.firings_of(job.id, arguments.limit).await?;
    match arguments.output {
        Listing::Json => show::json(&rows.iter().map(facts).collect::<Vec<_>>())?,
        Listing::Table if rows.is_empty() => show::talk(format_args!("no schedule of job `{}` was due yet", job.name)),
        Listing::Table => show::listing(["due", "schedule", "outcome", "execution", "reason"], rows.iter().map(cells))?,
    }
    Ok(exit::OK)
}

fn cells(row: &FiringRow) -> [String; 5] {
    let due = match row.times {
        1 => show::time(row.due_at),
        times => format!("{} to {} ({times} times)", show::time(row.due_at), show::time(row.last_at)),
    };
    let execution = row.execution.map(show::short).unwrap_or_default();
    [due, row.name.clone(), row.outcome.to_string(), execution, row.reason.clone().unwrap_or_default()]
}

fn facts(row: &FiringRow) -> serde_json::Value {
    json!({
        "schedule": row.name, "due": show::time(row.due_at), "lastDue": show::time(row.last_at), "times": row.times,
        "outcome": row.outcome.as_str(), "execution": row.execution, "code": row.code, "reason": row.reason,
        "recorded": show::time(row.recorded_at),
    })
}
