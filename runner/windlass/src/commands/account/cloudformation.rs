use clap::{Args, ValueEnum};
use windlass_credentials::{Identity, managed_side, managing_side};
use windlass_errors::exit;
use windlass_settings::AccountName;

use super::scope::{Scope, account, ground};
use super::trust::principal_missing;
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
    /// The ARN of the role or user that Windlass authenticates as, or its account's twelve digits
    #[arg(long, value_name = "ARN", value_parser = Identity::parse)]
    principal: Option<Identity>,
    /// How to print it
    #[arg(long, value_enum, default_value = "yaml")]
    output: Document,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Side {
    /// The one that Windlass authenticates in: a policy that lets it assume the role
    Managing,
    /// The one that steps work in: the role, whom it trusts, and what it may do
    Managed,
}

pub(super) async fn run(global: &Global, arguments: &Cloudformation) -> Result<u8, Problem> {
    let ground = ground(global).await?;
    let scope = &arguments.scope;
    let account = account(&ground.settings, scope.project.as_ref(), arguments.name.as_ref())?
        .ok_or_else(|| Problem::usage("name an account or a project"))?;
    let template = match arguments.side {
        Side::Managing => managing_side(account, arguments.principal.as_ref())?,
        Side::Managed => {
            let identity = arguments.principal.as_ref().ok_or_else(|| principal_missing(account))?;
            let permissions = ground.permissions(scope, account).await?;
            if permissions.is_empty() {
                let message =
                    format!("no step needs account `{}`, so that its role would be allowed nothing", account.name);
                let help = "apply the jobs first, or give `--plugin NAME` for what all its step types need";
                return Err(Problem::with_help("account.document-empty", message, help));
            }
            managed_side(account, identity, permissions.policy())?
        }
    };
    show::document(&template, arguments.output)?;
    Ok(exit::OK)
}
