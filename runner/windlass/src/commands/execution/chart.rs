use clap::Args;
use windlass_errors::exit;

use crate::arguments::Global;
use crate::problem::Problem;
use crate::results::{self, ChartFormat, Execution};
use crate::{find, setup};

#[derive(Args)]
pub(crate) struct Chart {
    /// The execution's id, or the end of it
    id: String,
    /// The chart's name, when there are several
    name: Option<String>,
    /// The step that sent it, when several have sent one of this name
    #[arg(long, value_name = "PATH")]
    step: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: ChartFormat,
}

pub(super) async fn run(global: &Global, arguments: &Chart) -> Result<u8, Problem> {
    let store = setup::store(&setup::configuration(global)?.settings).await?;
    let row = find::execution(&store, &arguments.id).await?;
    let execution = Execution::recorded(&store, &row).await?;
    let Chart { name, step, output, .. } = arguments;
    results::print_chart(&store, &execution, name.as_deref(), step.as_deref(), *output).await?;
    Ok(exit::OK)
}
