use clap::Args;
use windlass_settings::{AccountName, ProjectName};

use super::desk::{desk, secret_path};
use crate::arguments::Global;
use crate::problem::Problem;
use crate::{setup, show};

#[derive(Args)]
pub(crate) struct Delete {
    /// The account
    name: AccountName,
    /// The project that it is of [default: the system]
    #[arg(long)]
    project: Option<ProjectName>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(global: &Global, arguments: Delete) -> Result<(), Problem> {
    let desk = desk(global).await?;
    let Delete { name, project, yes } = arguments;
    let scope = desk.scope(project.as_ref())?;
    desk.not_in_the_file(&scope, &name)?;
    let row = desk.row(&scope, &name).await?;
    if !yes {
        desk.must_be_unused(&scope, &name).await?;
        match show::asked(format_args!("delete account `{name}` of {scope}?")) {
            Some(true) => {}
            Some(false) => return Err(Problem::usage(&format!("`{name}` was not deleted"))),
            None => return Err(Problem::usage("`account delete` asks on a terminal; without one it takes `--yes`")),
        }
    }
    desk.delete(&scope, &name, row.version).await?;
    let project = project.map(|project| format!(" --project {project}")).unwrap_or_default();
    show::talk(format_args!(
        "deleted account `{name}` of {scope}; `windlass account get {name}{project} --history` has what it was"
    ));
    let secret = secret_path(&scope, &name)?;
    if setup::keys(&desk.file, &desk.store).entry(&secret).await.is_ok() {
        show::talk(format_args!("its secret is kept: if nothing else needs it, `windlass key delete {secret}`"));
    }
    Ok(())
}
