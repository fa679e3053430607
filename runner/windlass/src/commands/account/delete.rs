use clap::Args;
use windlass_settings::{AccountName, ProjectName};

use super::desk::{desk, kept, secret_path, who};
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
    let users = desk.users(&scope, &name).await?;
    if !users.is_empty() {
        let message = format!("account `{name}` of {scope} is in use: {}", users.join("; "));
        return Err(Problem::with_help("account.in-use", message, "change what uses it first"));
    }
    if !yes {
        match show::asked(format_args!("delete account `{name}` of {scope}?")) {
            Some(true) => {}
            Some(false) => return Err(Problem::usage(&format!("`{name}` was not deleted"))),
            None => return Err(Problem::usage("`account delete` asks on a terminal; without one it takes `--yes`")),
        }
    }
    let at = jiff::Timestamp::now().as_millisecond();
    desk.store.account_delete(&kept(&scope), name.as_str(), row.version, &who(), at).await?;
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
