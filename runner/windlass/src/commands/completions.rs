use clap::{Args, CommandFactory};
use clap_complete::Shell;
use windlass_errors::exit;

use crate::arguments::Arguments;
use crate::problem::Problem;
use crate::show;

/// Prints a completion script for a shell.
#[derive(Args)]
#[command(after_help = "Example:\n  windlass completions bash > ~/.local/share/bash-completion/completions/windlass")]
pub(crate) struct Completions {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Completions) -> Result<u8, Problem> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "windlass", &mut script);
    show::write(&script)?;
    Ok(exit::OK)
}
