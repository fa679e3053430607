use clap::Args;
use windlass_keys::KeyStorage;

use crate::problem::Problem;
use crate::show;

/// Delete a secret
///
/// It cannot be brought back. A terminal asks first; without one it takes `--yes`.
#[derive(Args)]
#[command(after_help = "Example:\n  windlass key delete keys/project/web/aws-secret --yes")]
pub(crate) struct Delete {
    /// The path of the secret
    path: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(keys: &KeyStorage, arguments: Delete) -> Result<(), Problem> {
    let path = super::path(&arguments.path)?;
    keys.check_writable(&path)?;
    keys.entry(&path).await?;
    if !arguments.yes {
        match show::asked(format_args!("delete `{path}`, which cannot be brought back?")) {
            Some(true) => {}
            Some(false) => return Err(Problem::usage(&format!("`{path}` was not deleted"))),
            None => return Err(Problem::usage("`key delete` asks on a terminal; without one it takes `--yes`")),
        }
    }
    keys.delete(&path).await?;
    show::talk(format_args!("deleted `{path}`"));
    Ok(())
}
