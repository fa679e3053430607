use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;
use windlass_engine::{Engine, Started};
use windlass_errors::exit;
use windlass_jobs::bind;
use windlass_settings::ProjectName;
use windlass_store::{Enqueued, Role};

use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::show::Live;
use crate::{find, follow, options, setup, show};

#[derive(Subcommand)]
pub(crate) enum Job {
    /// Queue an execution of a stored job
    ///
    /// Prints the execution's id. A server on the same data directory runs it; without one it waits.
    #[command(after_help = "Examples:\n  \
        windlass job start nightly --project web --option day=2026-01-31\n  \
        windlass job start nightly --project web --follow")]
    Start(Start),
    /// List the jobs of a project
    #[command(after_help = "Example:\n  windlass job list --project web --output json")]
    List(List),
    /// Print the file of a job as it was applied
    #[command(after_help = "Example:\n  windlass job show nightly --project web --version 3")]
    Show(Show),
    /// List the versions of a job that are kept, newest first
    #[command(after_help = "Example:\n  windlass job versions nightly --project web")]
    Versions(Versions),
}

#[derive(Args)]
pub(crate) struct Start {
    /// The job's name
    name: String,
    /// The project that it belongs to
    #[arg(long)]
    project: ProjectName,
    /// A value for an option of the job; may be given several times
    #[arg(long = "option", short = 'o', value_name = "NAME=VALUE", value_parser = options::name_and_value)]
    options: Vec<(String, String)>,
    #[command(flatten)]
    waiting: Waiting,
    /// How to print the id
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

/// Whether to wait for the end of what was queued.
#[derive(Args)]
pub(crate) struct Waiting {
    /// Wait for its end, and exit as it ends
    #[arg(long)]
    wait: bool,
    /// Wait for its end, and show what it says meanwhile
    #[arg(long)]
    pub(super) follow: bool,
}

#[derive(Args)]
pub(crate) struct List {
    /// The project
    #[arg(long)]
    project: ProjectName,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

#[derive(Args)]
pub(crate) struct Show {
    /// The job's name
    name: String,
    /// The project that it belongs to
    #[arg(long)]
    project: ProjectName,
    /// Which version [default: the one that holds]
    #[arg(long)]
    version: Option<i64>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

#[derive(Args)]
pub(crate) struct Versions {
    /// The job's name
    name: String,
    /// The project that it belongs to
    #[arg(long)]
    project: ProjectName,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(crate) async fn run(global: &Global, command: Job) -> Result<u8, Problem> {
    match command {
        Job::Start(arguments) => start(global, arguments).await,
        Job::List(arguments) => list(global, &arguments).await,
        Job::Show(arguments) => one(global, &arguments).await,
        Job::Versions(arguments) => versions(global, &arguments).await,
    }
}

async fn start(global: &Global, arguments: Start) -> Result<u8, Problem> {
    let engine = setup::engine(setup::configuration(global)?, Role::Run).await?;
    let (job, version) = engine.job_named(&arguments.project, &arguments.name).await?;
    let given = options::given(&job, &arguments.options)?;
    if !arguments.waiting.follow {
        options::warn_of_short(&given);
    }
    let offered = engine.offer(&arguments.project, Arc::clone(&job)).await?;
    let bound = bind(&offered, &arguments.project, &given)?;
    let started = engine.start(&arguments.project, &job, Some(version), bound).await?;
    told(&engine, &started, arguments.output, &arguments.waiting).await
}

/// Says what became of a wish for an execution, and waits for its end if that is wanted.
pub(crate) async fn told(
    engine: &Engine,
    started: &Started,
    output: Listing,
    waiting: &Waiting,
) -> Result<u8, Problem> {
    let Started { execution, became } = started;
    let (state, others) = match became {
        Enqueued::Queued => ("queued", &[][..]),
        Enqueued::Skipped { because_of } => ("skipped", because_of.as_slice()),
        Enqueued::Replacing(others) => ("queued", others.as_slice()),
    };
    let replaces = if state == "queued" { others } else { &[] };
    match output {
        Listing::Json => show::json(&json!({ "execution": execution, "state": state, "replaces": replaces }))?,
        Listing::Table => show::line(execution)?,
    }
    if state == "skipped" {
        let row = engine.store.execution(*execution).await?;
        return match row {
            Some(row) => follow::outcome(&engine.store, &row).await,
            None => Ok(exit::OK),
        };
    }
    for other in replaces {
        show::talk(format_args!("it takes the place of execution {other}"));
    }
    if engine.servers().await?.is_empty() {
        let folder = engine.settings.data_dir.display();
        show::talk(format_args!("no server runs on `{folder}`; it waits until `windlass server` does"));
    } else if let Some(row) = engine.store.execution(*execution).await?
        && let Some(lacking) = engine.member.lacking(&engine.store, &row).await?
    {
        show::talk(format_args!("{lacking}; it waits until one does"));
    }
    if !waiting.wait && !waiting.follow {
        return Ok(exit::OK);
    }
    let mut live = Live::new(!waiting.follow);
    match follow::to_the_end(&engine.store, &engine.member, *execution, &mut live).await?.ended() {
        Some(row) => {
            let short = show::short(row.id);
            live.print(&format!("its tables and outputs: windlass execution results {short}"));
            follow::outcome(&engine.store, &row).await
        }
        None => Ok(exit::CANCELLED),
    }
}

async fn list(global: &Global, arguments: &List) -> Result<u8, Problem> {
    let settings = setup::configuration(global)?.settings;
    windlass_credentials::known_project(&settings, &arguments.project)?;
    let jobs = setup::store(&settings).await?.jobs(arguments.project.as_str()).await?;
    match arguments.output {
        Listing::Json => {
            let jobs = jobs.iter().map(|job| {
                let id = job.identity.strip_prefix("id:");
                json!({
                    "name": job.name, "id": id, "group": job.group, "description": job.description, "version": job.version,
                })
            });
            show::json(&jobs.collect::<Vec<_>>())?;
        }
        Listing::Table if jobs.is_empty() => {
            let project = &arguments.project;
            show::talk(format_args!("project `{project}` has no jobs; `windlass project apply` brings them there"));
        }
        Listing::Table => {
            let rows = jobs.into_iter().map(|job| {
                let description = job.description.unwrap_or_default();
                let first = description.lines().next().unwrap_or_default().to_owned();
                [job.group.unwrap_or_default(), job.name, job.version.to_string(), first]
            });
            show::listing(["group", "name", "version", "description"], rows)?;
        }
    }
    Ok(exit::OK)
}

async fn one(global: &Global, arguments: &Show) -> Result<u8, Problem> {
    let settings = setup::configuration(global)?.settings;
    let store = setup::store(&settings).await?;
    let job = find::job(&settings, &store, &arguments.project, &arguments.name).await?;
    let version = arguments.version.unwrap_or(job.version);
    let Some(text) = store.job_text(job.id, version).await? else {
        let message = format!("job `{}` has no version {version}", job.name);
        let help = format!("`windlass job versions {} --project {}` lists those that are kept", job.name, job.project);
        return Err(Problem::with_help("job.unknown", message, &help));
    };
    match arguments.output {
        Listing::Json => show::json(&json!({ "name": job.name, "version": version, "text": text }))?,
        Listing::Table => show::write(text.as_bytes())?,
    }
    Ok(exit::OK)
}

async fn versions(global: &Global, arguments: &Versions) -> Result<u8, Problem> {
    let settings = setup::configuration(global)?.settings;
    let store = setup::store(&settings).await?;
    let job = find::job(&settings, &store, &arguments.project, &arguments.name).await?;
    let versions = store.job_versions(job.id).await?;
    match arguments.output {
        Listing::Json => {
            let versions = versions
                .iter()
                .map(|it| json!({ "version": it.version, "name": it.name, "applied": show::time(it.created_at) }));
            show::json(&versions.collect::<Vec<_>>())?;
        }
        Listing::Table => {
            let rows = versions.into_iter().map(|it| [it.version.to_string(), it.name, show::time(it.created_at)]);
            show::listing(["version", "name", "applied"], rows)?;
        }
    }
    Ok(exit::OK)
}
