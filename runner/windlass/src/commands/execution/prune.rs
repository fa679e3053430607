use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use clap::Args;
use serde_json::json;
use windlass_errors::exit;
use windlass_settings::{ProjectName, parse_duration};
use windlass_store::State;

use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{find, setup, show};

/// Executions that are looked for at a time.
const EXECUTIONS: i64 = 500;

#[derive(Args)]
#[command(group = clap::ArgGroup::new("which").args(["older_than", "keep"]).required(true).multiple(true))]
pub(crate) struct Prune {
    /// Those that ended so long ago: `90d`, `12h`
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    older_than: Option<Duration>,
    /// Not the newest so many of each job
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    keep: Option<i64>,
    /// Those of this project
    #[arg(long)]
    project: Option<ProjectName>,
    /// Those of this job of the project
    #[arg(long, value_name = "NAME", requires = "project")]
    job: Option<String>,
    /// Those that ended like this; may be given several times
    #[arg(long = "state", value_name = "STATE", value_parser = find::state)]
    states: Vec<State>,
    /// Say how many that are, and remove none
    #[arg(long)]
    dry_run: bool,
    /// How to print how many it were
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(super) async fn run(global: &Global, arguments: &Prune) -> Result<u8, Problem> {
    let settings = setup::configuration(global)?.settings;
    if let Some(project) = &arguments.project {
        windlass_credentials::known_project(&settings, project)?;
    }
    let store = setup::store(&settings).await?;
    let age = arguments.older_than.map(|age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
    let mut prune = windlass_store::Prune {
        project: arguments.project.as_ref().map(ToString::to_string),
        job_key: None,
        states: arguments.states.clone(),
        ended_before: age.map(|age| jiff::Timestamp::now().as_millisecond().saturating_sub(age)),
        keep_newest: arguments.keep,
        unless_others_do: false,
    };
    if let (Some(project), Some(job)) = (&arguments.project, &arguments.job) {
        prune.job_key = Some(find::key_of(&store, project, job).await?);
    }
    let (mut executions, mut chunks) = (0, 0);
    if arguments.dry_run {
        executions = store.prunable(&prune).await?;
        show::talk(format_args!("{executions} executions would be removed"));
    } else {
        loop {
            let pruned = store.prune(&prune, EXECUTIONS).await?;
            if pruned.executions.is_empty() {
                break;
            }
            executions += i64::try_from(pruned.executions.len()).unwrap_or(i64::MAX);
            chunks += pruned.chunks;
            progress(executions);
        }
        show::talk(format_args!("{executions} executions removed, with {chunks} pieces of logs and tables"));
    }
    if arguments.output == Listing::Json {
        show::json(&json!({ "executions": executions, "pieces": chunks, "dryRun": arguments.dry_run }))?;
    }
    Ok(exit::OK)
}

fn progress(executions: i64) {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\x1b[2K{executions} executions removed\r");
        let _ = stderr.flush();
    }
}
