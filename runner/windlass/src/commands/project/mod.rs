//! A project's jobs as files.

mod apply;
mod export;
mod plan;
mod validate;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use windlass_credentials::known_project;
use windlass_engine::project::{Folder, Invalid};
use windlass_engine::{Plugins, Workshop};
use windlass_errors::{Report, exit};
use windlass_jobs::JobErrors;
use windlass_settings::{ProjectName, Settings};
use windlass_store::Store;

use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{setup, show};

#[derive(Subcommand)]
pub(crate) enum Project {
    /// Check every job file of a folder, and print all that is wrong
    #[command(after_help = "Example:\n  windlass project validate jobs/ --project web")]
    Validate(Jobs),
    /// Print what applying a folder would change
    #[command(after_help = "Example:\n  windlass project plan jobs/ --project web")]
    Plan(Jobs),
    /// Make a project's jobs as a folder says, all of it or nothing
    ///
    /// A job that the folder does not have is removed; its versions and executions are kept.
    #[command(after_help = "Examples:\n  \
        windlass project apply jobs/ --project web\n  \
        windlass project apply jobs/ --project web --yes")]
    Apply(apply::Apply),
    /// Write a project's jobs into a folder, as they were applied
    #[command(after_help = "Example:\n  windlass project export jobs/ --project web")]
    Export(export::Export),
    /// Print the JSON Schema of job or calendar files, for editors
    ///
    /// An editor that knows YAML completes and checks files with it: a file that begins with
    /// `# yaml-language-server: $schema=job.schema.json` names it.
    #[command(after_help = "Examples:\n  \
        windlass project schema > job.schema.json\n  \
        windlass project schema --kind calendar > calendar.schema.json")]
    Schema {
        /// Of which files
        #[arg(long, value_enum, default_value_t)]
        kind: Kind,
    },
}

/// What kind of file of a project's folder.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Kind {
    /// A job
    #[default]
    Job,
    /// A calendar
    Calendar,
}

/// A folder for a project.
#[derive(Args)]
pub(crate) struct Jobs {
    /// The folder with the job files: `.yaml` and `.yml`, at any depth
    folder: PathBuf,
    /// The project
    #[arg(long)]
    project: ProjectName,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(crate) async fn run(global: &Global, command: Project) -> Result<u8, Problem> {
    match command {
        Project::Validate(arguments) => validate::run(global, &arguments).await,
        Project::Plan(arguments) => plan::run(global, &arguments).await,
        Project::Apply(arguments) => apply::run(global, &arguments).await,
        Project::Export(arguments) => export::run(global, &arguments).await,
        Project::Schema { kind } => {
            show::json(&match kind {
                Kind::Job => windlass_jobs::job_schema(),
                Kind::Calendar => windlass_jobs::calendar_schema(),
            })?;
            Ok(exit::OK)
        }
    }
}

/// What it takes to look at a project's jobs.
struct Ground {
    settings: Settings,
    store: Store,
}

async fn ground(global: &Global, project: &ProjectName) -> Result<Ground, Problem> {
    let settings = setup::configuration(global)?.settings;
    known_project(&settings, project)?;
    let store = setup::store(&settings).await?;
    Ok(Ground { settings, store })
}

impl Ground {
    /// The jobs of a folder, with nothing wrong that can be found before they run.
    async fn checked(&self, folder: &Path, project: &ProjectName) -> Result<Folder, Invalid> {
        let plugins = Plugins::new(setup::catalog(&self.settings));
        let workshop = Workshop { settings: &self.settings, plugins: &plugins, store: &self.store };
        Folder::checked(folder, project, workshop).await
    }
}

/// Each single thing that is wrong.
fn errors(invalid: &Invalid) -> Vec<&dyn Report> {
    let jobs = invalid.jobs.iter().flat_map(JobErrors::iter).map(|error| error as &dyn Report);
    jobs.chain(invalid.others.iter().map(|error| error as &dyn Report)).collect()
}

fn problem(invalid: &Invalid) -> Problem {
    Problem::several(errors(invalid)).unwrap_or_else(|| Problem::internal("nothing is wrong with the folder"))
}
