use clap::Args;
use windlass_engine::{Engine, Repeat};
use windlass_store::Role;

use crate::arguments::{Global, Listing};
use crate::commands::job::{Waiting, told};
use crate::commands::run::{First, carry_out};
use crate::problem::Problem;
use crate::results::ResultsFormat;
use crate::{find, options, setup, show};

#[derive(Args)]
pub(crate) struct Again {
    /// The execution's id, or the end of it
    id: String,
    /// Another value for an option of the job; may be given several times
    #[arg(long = "option", short = 'o', value_name = "NAME=VALUE", value_parser = options::name_and_value)]
    options: Vec<(String, String)>,
    #[command(flatten)]
    waiting: Waiting,
    /// Run it at once in this process, as `windlass run` does
    #[arg(long, conflicts_with_all = ["wait", "follow"])]
    here: bool,
    /// How to print the id, or with `--here` the results
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(super) async fn retry(global: &Global, arguments: Again) -> Result<u8, Problem> {
    let (engine, repeat) = ready(global, &arguments, false).await?;
    if arguments.here {
        return here(&engine, First::Retry(&repeat), &repeat, &arguments).await;
    }
    told(&engine, &engine.retry(&repeat).await?, arguments.output, &arguments.waiting).await
}

pub(super) async fn resume(global: &Global, arguments: Again) -> Result<u8, Problem> {
    let (engine, repeat) = ready(global, &arguments, true).await?;
    if arguments.here {
        return here(&engine, First::Resume(&repeat), &repeat, &arguments).await;
    }
    told(&engine, &engine.resume(&repeat).await?, arguments.output, &arguments.waiting).await
}

async fn ready(global: &Global, arguments: &Again, goes_on: bool) -> Result<(Engine, Repeat), Problem> {
    let engine = setup::engine(setup::configuration(global)?, Role::Run).await?;
    let row = find::execution(&engine.store, &arguments.id).await?;
    let job = engine.job_of(&row).await?;
    let given = options::given(&job, &arguments.options)?;
    if !arguments.here && !arguments.waiting.follow {
        options::warn_of_short(&given);
    }
    let repeat = if goes_on { engine.reopen(row, &given).await? } else { engine.repeat(row, &given).await? };
    for name in &repeat.forgotten {
        show::talk(format_args!("note: secret option `{name}` has no value now; what is typed is not kept"));
    }
    Ok((engine, repeat))
}

async fn here(engine: &Engine, first: First<'_>, repeat: &Repeat, arguments: &Again) -> Result<u8, Problem> {
    let prepared = engine.prepare_again(repeat).await?;
    let format = match arguments.output {
        Listing::Table => ResultsFormat::Table,
        Listing::Json => ResultsFormat::Json,
    };
    let ended = carry_out(engine, &prepared, first, format, false).await;
    engine.leave().await;
    ended
}
