//! Executions: those that were, and those that are.

mod again;
mod cancel;
mod chart;
mod file;
mod follow;
mod list;
mod logs;
mod prune;
mod results;
mod show;

use clap::Subcommand;

use crate::arguments::Global;
use crate::problem::Problem;

#[derive(Subcommand)]
pub(crate) enum Execution {
    /// List executions, newest first
    #[command(after_help = "Examples:\n  \
        windlass execution list --project web --state failed\n  \
        windlass execution list --project web --job nightly --limit 5 --output json")]
    List(list::List),
    /// Print all that is recorded of an execution: its steps, outputs and tables
    #[command(after_help = "Example:\n  windlass execution show 3f2a91cc")]
    Show(show::Show),
    /// Print the log of an execution
    ///
    /// Standard output and error of steps as `STEP| LINE`, messages as `STEP: LINE`. Nothing is ever loaded whole.
    #[command(after_help = "Examples:\n  \
        windlass execution logs 3f2a91cc --tail 100\n  \
        windlass execution logs 3f2a91cc --step deploy.check --search timeout")]
    Logs(logs::Logs),
    /// Print the tables of an execution, and the outputs of steps without one
    ///
    /// Of one that goes on, what is there so far. Of a step that was tried again the last attempt counts. Rows are printed as
    /// they are read, however many there are; `table` shows the first 1000 of each table.
    #[command(after_help = "Examples:\n  \
        windlass execution results 3f2a91cc --output csv > rows.csv\n  \
        windlass execution results 3f2a91cc --step requests --table results --output ndjson")]
    Results(results::Results),
    /// Print a file that a step left, or write it to a new file
    #[command(after_help = "Example:\n  windlass execution file 3f2a91cc report.pdf --to report.pdf")]
    File(file::File),
    /// Print a chart of a step's table, as SVG or as the table that it draws
    #[command(after_help = "Examples:\n  \
        windlass execution chart 3f2a91cc > by-hour.svg\n  \
        windlass execution chart 3f2a91cc 'by hour' --output table")]
    Chart(chart::Chart),
    /// Show an execution while it goes on, then its tables and outputs, and exit as it ends
    #[command(after_help = "Example:\n  windlass execution follow 3f2a91cc")]
    Follow(follow::Follow),
    /// Stop an execution; one that waits never begins
    #[command(after_help = "Example:\n  windlass execution cancel 3f2a91cc --wait")]
    Cancel(cancel::Cancel),
    /// Run the same version of the job with the same options again, as a new execution
    ///
    /// What was typed for a secret option is not kept and must be given again.
    #[command(after_help = "Examples:\n  \
        windlass execution retry 3f2a91cc --option day=2026-01-31\n  \
        windlass execution retry 3f2a91cc --here")]
    Retry(again::Again),
    /// Let an execution that did not succeed go on after its last finished step
    ///
    /// Steps that succeeded are not done again; those that failed, were stopped or interrupted are, even where they are not
    /// safe to repeat. Only secrets may be given as options: it keeps the others.
    #[command(after_help = "Examples:\n  \
        windlass execution resume 3f2a91cc --follow\n  \
        windlass execution resume 3f2a91cc --here")]
    Resume(again::Again),
    /// Remove executions that have ended, with their logs and tables
    #[command(after_help = "Examples:\n  \
        windlass execution prune --older-than 90d --dry-run\n  \
        windlass execution prune --project web --job nightly --keep 100")]
    Prune(prune::Prune),
}

pub(crate) async fn run(global: &Global, command: Execution) -> Result<u8, Problem> {
    match command {
        Execution::List(arguments) => list::run(global, &arguments).await,
        Execution::Show(arguments) => show::run(global, &arguments).await,
        Execution::Logs(arguments) => logs::run(global, &arguments).await,
        Execution::Results(arguments) => results::run(global, &arguments).await,
        Execution::Chart(arguments) => chart::run(global, &arguments).await,
        Execution::File(arguments) => file::run(global, &arguments).await,
        Execution::Follow(arguments) => follow::run(global, &arguments).await,
        Execution::Cancel(arguments) => cancel::run(global, &arguments).await,
        Execution::Retry(arguments) => again::retry(global, arguments).await,
        Execution::Resume(arguments) => again::resume(global, arguments).await,
        Execution::Prune(arguments) => prune::run(global, &arguments).await,
    }
}
