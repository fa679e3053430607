use clap::{Args, ValueEnum};
use windlass_credentials::{Identity, chain, managed_side, managing_side, trust};
use windlass_errors::exit;
use windlass_settings::AccountName;

use super::scope::{Scope, account, ground};
use crate::arguments::{Document, Global};
use crate::problem::Problem;
use crate::show;

#[derive(Args)]
pub(crate) struct Cloudformation {
    /// The account; without `--project` one of the system [default: the project's default account]
    name: Option<AccountName>,
    /// For which of the two AWS accounts
    #[arg(long, value_enum)]
    side: Side,
    #[command(flatten)]
    scope: Scope,
    /// The ARN of the role or user that Windlass authenticates as, or its account's twelve digits; on the managed side of an
    /// account that starts from one with a role that role is trusted, and it is left out
    #[arg(long, value_name = "ARN", value_parser = Identity::parse)]
    principal: Option<Identity>,
    /// How to print it
    #[arg(long, value_enum, default_value = "yaml")]
    output: Document,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Side {
    /// The one that Windlass authenticates in: a policy that lets it assume the role; with several roles after one another
    /// also those of the roles that assume the next
    Managing,
    /// The one that steps work in: the role, whom it trusts, and what it may do
    Managed,
}

pub(super) async fn run(global: &Global, arguments: &Cloudformation) -> Result<u8, Problem> {
    let ground = ground(global).await?;
    let scope = &arguments.scope;
    let account = account(&ground.settings, scope.project.as_ref(), arguments.name.as_ref())?
        .ok_or_else(|| Problem::usage("name an account or a project"))?;
    let chain = chain(&ground.settings, account)?;
    let template = match arguments.side {
        Side::Managing => managing_side(&chain, arguments.principal.as_ref())?,
        Side::Managed => {
            let trust = trust(&chain, arguments.principal.as_ref())?;
            let permissions = ground.permissions(scope, account).await?;
            if permissions.is_empty() {
                let message =
                    format!("no step needs account `{}`, so that its role would be allowed nothing", account.name);
                let help = "apply the jobs first, or give `--plugin NAME` for what all its step types need";
                return Err(Problem::with_help("account.document-empty", message, help));
            }
            managed_side(&chain, trust, permissions.policy())?
        }
    };
    show::document(&template, arguments.output)?;
    Ok(exit::OK)
}
