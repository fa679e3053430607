use clap::Args;
use windlass_errors::exit;

use crate::arguments::Global;
use crate::problem::Problem;
use crate::results::{self, Choice, Execution, ResultsFormat};
use crate::{find, setup};

#[derive(Args)]
pub(crate) struct Results {
    /// The execution's id, or the end of it
    id: String,
    #[command(flatten)]
    choice: Choice,
    /// How to print them; `csv` and `ndjson` take one table
    #[arg(long, value_enum, default_value_t)]
    output: ResultsFormat,
}

pub(super) async fn run(global: &Global, arguments: &Results) -> Result<u8, Problem> {
    let store = setup::store(&setup::configuration(global)?.settings).await?;
    let row = find::execution(&store, &arguments.id).await?;
    let execution = Execution::recorded(&store, &row).await?;
    results::print_chosen(&store, &execution, &arguments.choice, arguments.output).await?;
    Ok(exit::OK)
}
