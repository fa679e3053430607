use std::path::PathBuf;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Runs jobs whose steps are plugins, with the credentials of named AWS accounts.
#[derive(Parser)]
#[command(name = "windlass", version, styles = STYLES, max_term_width = 100, after_help = "\
Example:
  windlass --config windlass.yaml run top-errors.yaml --project web --option status=502

Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 a step failed, 2 usage,
3 configuration, 4 job, 5 account, 6 key, 7 plugin, 8 database, 124 timed out, 130 cancelled.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args)]
pub(crate) struct Global {
    /// The configuration file [default: windlass/windlass.yaml in ~/.config or /etc]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Configuration")]
    pub(crate) config: Option<PathBuf>,
    /// Where the database lies
    #[arg(long, global = true, value_name = "DIR", help_heading = "Configuration")]
    pub(crate) data_dir: Option<PathBuf>,
    /// A folder with plugins; may be given several times, replaces `pluginDirs`
    #[arg(long = "plugin-dir", global = true, value_name = "DIR", help_heading = "Configuration")]
    pub(crate) plugin_dirs: Vec<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a job file, without a server
    Run(commands::run::Run),
    /// Run what is queued until it is stopped
    Server(commands::server::Server),
    /// Start stored jobs, and look at them
    #[command(subcommand, after_help = "Example:\n  windlass job start nightly --project web --follow")]
    Job(commands::job::Job),
    /// Keep a project's jobs as files: validate, plan, apply, export
    #[command(subcommand, after_help = "Example:\n  windlass project apply jobs/ --project web")]
    Project(commands::project::Project),
    /// Look at executions, follow, stop and repeat them
    #[command(subcommand, after_help = "Example:\n  windlass execution list --project web --state failed")]
    Execution(commands::execution::Execution),
    /// See when jobs run by themselves and what became of it, pause them
    #[command(subcommand, after_help = "Example:\n  windlass schedule next nightly --project web -n 5")]
    Schedule(commands::schedule::Schedule),
    /// See how AWS accounts are resolved, and the IAM documents that they need
    #[command(subcommand, after_help = "Example:\n  windlass account explain prod --project web")]
    Account(commands::account::Account),
    /// Keep secrets: set, list, show, delete, and another master key
    #[command(subcommand, after_help = "Example:\n  windlass key set keys/project/web/aws-secret < secret.txt")]
    Key(commands::key::Key),
    /// See the processes that work on the database, and let one take nothing new
    #[command(subcommand, after_help = "Example:\n  windlass member list")]
    Member(commands::member::Member),
    /// Move the database from one machine to a server
    #[command(
        subcommand,
        after_help = "Example:\n  windlass store copy --to postgresql://windlass@db.example.com/windlass"
    )]
    Store(commands::store::Store),
    /// See the plugins and their step types
    #[command(subcommand, after_help = "Example:\n  windlass plugin list")]
    Plugin(commands::plugin::Plugin),
    /// See the configuration and where each value comes from
    #[command(subcommand, after_help = "Example:\n  windlass config show")]
    Config(commands::config::Config),
    /// Print a completion script for a shell
    Completions(commands::completions::Completions),
}

/// How a document is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Document {
    /// Indented JSON
    #[default]
    Json,
    /// YAML
    Yaml,
}

/// How a listing is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listing {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}
