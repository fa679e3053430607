use clap::{Args, Subcommand};
use windlass_errors::exit;

use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{setup, show};

#[derive(Subcommand)]
pub(crate) enum Config {
    /// Print every value in effect with its origin
    ///
    /// Values come from the built-in defaults, a file, variables named WINDLASS_..., and flags; the later one wins.
    #[command(after_help = "Example:\n  WINDLASS_DATA_DIR=/srv/windlass windlass config show")]
    Show(Show),
}

#[derive(Args)]
pub(crate) struct Show {
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(crate) fn run(global: &Global, command: Config) -> Result<u8, Problem> {
    let Config::Show(arguments) = command;
    let shown = setup::configuration(global)?.shown();
    match arguments.output {
        Listing::Json => show::json(&shown)?,
        Listing::Table => {
            let rows = shown.iter().map(|value| [value.key.clone(), show::plain(&value.value), value.origin.clone()]);
            show::listing(["key", "value", "from"], rows)?;
        }
    }
    Ok(exit::OK)
}
