//! The `windlass` command: one file a subcommand in `commands`, what people see in `show`.

mod arguments;
mod commands;
mod find;
mod follow;
mod options;
mod pace;
mod problem;
mod prompt;
mod protect;
mod results;
mod setup;
mod show;

use std::process::ExitCode;

use clap::Parser;
use windlass_errors::exit;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    protect::no_core_files();
    let arguments = Arguments::parse();
    let runtime = runtime(&arguments.command);
    let result = match runtime {
        Ok(runtime) => runtime.block_on(carry_out(arguments)),
        Err(error) => {
            show::talk(format_args!("error[internal]: cannot start the async runtime\n  cause: {error}"));
            return ExitCode::from(exit::INTERNAL);
        }
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(problem) => {
            problem.print();
            ExitCode::from(problem.exit())
        }
    }
}

/// A server runs many executions, everything else one thing at a time.
fn runtime(command: &Command) -> std::io::Result<tokio::runtime::Runtime> {
    if !matches!(command, Command::Server(_)) {
        return tokio::runtime::Builder::new_current_thread().enable_all().build();
    }
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()
}

async fn carry_out(arguments: Arguments) -> Result<u8, problem::Problem> {
    let global = arguments.global;
    match arguments.command {
        Command::Run(run) => commands::run::run(&global, run).await,
        Command::Server(server) => commands::server::run(&global, server).await,
        Command::Job(command) => commands::job::run(&global, command).await,
        Command::Project(command) => commands::project::run(&global, command).await,
        Command::Execution(command) => commands::execution::run(&global, command).await,
        Command::Schedule(command) => commands::schedule::run(&global, command).await,
        Command::Account(command) => commands::account::run(&global, command).await,
        Command::Key(command) => commands::key::run(&global, command).await,
        Command::Member(command) => commands::member::run(&global, command).await,
        Command::Store(command) => commands::store::run(&global, command).await,
        Command::Plugin(command) => commands::plugin::run(&global, command).await,
        Command::Config(command) => commands::config::run(&global, command),
        Command::Completions(command) => commands::completions::run(&command),
    }
}
