use clap::Args;
use windlass_errors::exit;

use crate::arguments::Global;
use crate::problem::Problem;
use crate::results::{Execution, ResultsFormat};
use crate::show::Live;
use crate::{find, follow, results, setup};

#[derive(Args)]
pub(crate) struct Follow {
    /// The execution's id, or the end of it
    id: String,
}

pub(super) async fn run(global: &Global, arguments: &Follow) -> Result<u8, Problem> {
    let setup::Desk { store, member, .. } = setup::desk(global).await?;
    let row = find::execution(&store, &arguments.id).await?;
    let mut live = Live::on_stdout();
    match follow::to_the_end(&store, &member, row.id, &mut live).await?.ended() {
        Some(row) => {
            let execution = Execution::recorded(&store, &row).await?;
            results::print(&store, &execution, ResultsFormat::Table).await?;
            follow::outcome(&store, &row).await
        }
        None => Ok(exit::CANCELLED),
    }
}
