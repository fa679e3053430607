//! `windlass account verify`: whether accounts are as they should be, asked of AWS.

mod declared;
mod prover;
mod shown;

use clap::Args;
use futures_util::StreamExt as _;
use windlass_credentials::Verification;
use windlass_errors::{Report, exit};
use windlass_settings::{Account, AccountName, ProjectName, Settings, Unusable};

pub(super) use prover::must_hold;

use super::scope::{Ground, Scope, account, ground};
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::show;
use declared::Declared;
use prover::Prover;

#[derive(Args)]
pub(crate) struct Verify {
    /// The account; without `--project` one of the system [default: the project's default account]
    name: Option<AccountName>,
    /// All accounts: those that the project sees, or those of all scopes
    #[arg(long, conflicts_with_all = ["name", "job", "plugin"])]
    all: bool,
    #[command(flatten)]
    scope: Scope,
    /// The region in which it is tried [default: the account's own, or the first that it allows]
    #[arg(long)]
    region: Option<String>,
    /// Do not ask for roles without their external IDs
    #[arg(long)]
    no_external_id_check: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

/// Accounts that are tried at a time.
const AT_ONCE: usize = 4;

pub(super) async fn run(global: &Global, arguments: &Verify) -> Result<u8, Problem> {
    let ground = ground(global).await?;
    let prover = Prover::new(&ground, arguments.region.as_deref(), !arguments.no_external_id_check);
    let found = if arguments.all {
        all(&ground, &prover, arguments.scope.project.as_ref()).await?
    } else {
        vec![one(&ground, &prover, arguments).await?]
    };
    match (arguments.output, found.as_slice()) {
        (Listing::Json, [only]) if !arguments.all => show::json(&shown::json(only))?,
        (Listing::Json, _) => show::json(&found.iter().map(shown::json).collect::<Vec<_>>())?,
        (Listing::Table, []) => show::talk("no accounts yet; `windlass account add --help` says how to add one"),
        (Listing::Table, found) => show::line(found.iter().map(shown::text).collect::<Vec<_>>().join("\n").trim_end())?,
    }
    let failed = found.iter().filter(|it| !it.holds());
    Problem::several(failed.map(|it| it as &dyn Report)).map_or(Ok(exit::OK), Err)
}

async fn one(ground: &Ground, prover: &Prover<'_>, arguments: &Verify) -> Result<Verification, Problem> {
    let scope = &arguments.scope;
    let project = scope.project_of_all()?;
    let account = account(&ground.settings, project.as_ref(), arguments.name.as_ref())?
        .ok_or_else(|| Problem::usage("name an account or a project, or give `--all`"))?;
    let declared = match scope.is_narrower() {
        true => Ok(ground.permissions(scope, account).await?),
        false => Declared::by(ground, project.as_ref()).await.of(account),
    };
    let command = scope.policy_command(project.as_ref(), account);
    Ok(prover.prove(account, project.as_ref(), declared, &command).await)
}

/// One that cannot be used, or fails, does not stop the others.
async fn all(
    ground: &Ground,
    prover: &Prover<'_>,
    project: Option<&ProjectName>,
) -> Result<Vec<Verification>, Problem> {
    if let Some(project) = project {
        windlass_credentials::known_project(&ground.settings, project)?;
    }
    let declared = Declared::by(ground, project).await;
    let tries = usable(&ground.settings, project).into_iter().map(|account| {
        // What steps need of another name is needed of the account behind it.
        let declared = declared.of(ground.settings.meant(account));
        let command = Scope::default().policy_command(project, account);
        async move { prover.prove(account, project, declared, &command).await }
    });
    let mut found: Vec<Verification> = futures_util::stream::iter(tries).buffered(AT_ONCE).collect().await;
    let shows = |it: &&Unusable| project.is_none_or(|project| it.scope.is_seen_by(project));
    found.extend(ground.settings.unusable.iter().filter(shows).map(prover::unusable));
    Ok(found)
}

fn usable<'a>(settings: &'a Settings, project: Option<&ProjectName>) -> Vec<&'a Account> {
    let Some(project) = project else {
        return settings.accounts.iter().chain(settings.projects.iter().flat_map(|it| &it.accounts)).collect();
    };
    let scope = windlass_settings::Scope::Project(project.clone());
    let seen = |account: &&Account| {
        let is_its = settings.account(&scope, &account.name).is_some_and(|it| it.scope == account.scope);
        is_its && settings.not_for(account, project).is_none()
    };
    settings.seen_by(&scope).filter(|account| account.scope == scope || seen(account)).collect()
}
