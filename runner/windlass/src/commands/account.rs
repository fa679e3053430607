use clap::{Args, Subcommand};
use windlass_credentials::explain;
use windlass_errors::exit;
use windlass_settings::{AccountName, ProjectName};

use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{setup, show};

#[derive(Subcommand)]
pub(crate) enum Account {
    /// Print which account a project gets, hop by hop, and the region rule
    ///
    /// Nothing is called and no key is read: this says what would be done, and shows no secret.
    #[command(after_help = "Example:\n  windlass account explain prod --project web --region eu-west-1")]
    Explain(Explain),
}

#[derive(Args)]
pub(crate) struct Explain {
    /// The account [default: the project's or the system's default account]
    name: Option<AccountName>,
    /// The project that asks
    #[arg(long)]
    project: ProjectName,
    /// A region that a step or job would name
    #[arg(long)]
    region: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(crate) fn run(global: &Global, command: Account) -> Result<u8, Problem> {
    let Account::Explain(arguments) = command;
    let settings = setup::configuration(global)?.settings;
    let explanation = explain(&settings, &arguments.project, arguments.name.as_ref(), arguments.region.as_deref())?;
    match arguments.output {
        Listing::Json => show::json(&explanation)?,
        Listing::Table => show::line(explanation.to_string().trim_end())?,
    }
    Ok(exit::OK)
}
