use clap::Args;
use windlass_credentials::{Policy, callers_policy};
use windlass_engine::Needs;
use windlass_errors::exit;
use windlass_settings::{Account, AccountName, Source};

use super::scope::{Ground, Scope, account, ground};
use crate::arguments::{Document, Global};
use crate::problem::Problem;
use crate::show;

/// What a managed policy may have without its white space (AWS IAM user guide, "IAM and AWS STS quotas").
const LONGEST: usize = 6144;

#[derive(Args)]
#[command(group = clap::ArgGroup::new("steps").args(["project", "job", "plugin"]).required(true).multiple(true))]
pub(crate) struct PolicyArguments {
    /// The account that it is for [default: the only one that the steps use]
    #[arg(conflicts_with = "plugin")]
    name: Option<AccountName>,
    #[command(flatten)]
    scope: Scope,
    /// Print what the managing identity needs: to assume the roles of these accounts
    #[arg(long, conflicts_with = "plugin")]
    caller: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Document,
}

pub(super) async fn run(global: &Global, arguments: &PolicyArguments) -> Result<u8, Problem> {
    let ground = ground(global).await?;
    let policy = match ground.declared(&arguments.scope).await? {
        Some(permissions) if permissions.is_empty() => {
            return Err(Problem::coded("account.document-empty", "no step type of the plugin declares an action"));
        }
        Some(permissions) => permissions.policy(),
        None => of_jobs(&ground, arguments).await?,
    };
    let length = serde_json::to_string(&policy).map_or(0, |text| text.len());
    if length > LONGEST {
        show::talk(format_args!("the policy has {length} characters; AWS takes {LONGEST} in one, so divide it"));
    }
    show::document(&policy, arguments.output)?;
    Ok(exit::OK)
}

async fn of_jobs(ground: &Ground, arguments: &PolicyArguments) -> Result<Policy, Problem> {
    let project = arguments.scope.project_of_all()?;
    let wanted = match &arguments.name {
        Some(name) => account(&ground.settings, project.as_ref(), Some(name))?,
        None => None,
    };
    if let (true, Some(wanted), true) = (arguments.caller, wanted, arguments.scope.project.is_some()) {
        // Its role can be assumed before any job uses it.
        return Ok(callers_policy([wanted])?);
    }
    let needs = ground.needs(&arguments.scope).await?;
    if arguments.caller {
        return callers(wanted, &needs);
    }
    let used: Vec<&Account> = needs.accounts().collect();
    let account = match (wanted, used.as_slice()) {
        (Some(wanted), _) => one_of(&used, wanted)?,
        (None, [account]) => account,
        (None, []) => return Err(unused()),
        (None, _) => return Err(several(&used)),
    };
    let permissions = needs.of(account).filter(|permissions| !permissions.is_empty()).ok_or_else(unused)?;
    Ok(permissions.policy())
}

fn callers(wanted: Option<&Account>, needs: &Needs) -> Result<Policy, Problem> {
    let used: Vec<&Account> = needs.accounts().collect();
    let used = match wanted {
        Some(wanted) => vec![one_of(&used, wanted)?],
        None => used.into_iter().filter(|account| account.role.is_some()).collect(),
    };
    let mut sources: Vec<String> = used.iter().map(|account| source(account)).collect();
    sources.sort_unstable();
    sources.dedup();
    if sources.len() > 1 {
        show::talk(format_args!(
            "the accounts start from different identities ({}); with the name of an account it is what that one needs",
            sources.join(", ")
        ));
    }
    if used.is_empty() {
        let message = "no step uses an account with a role";
        let help = "an account that is named, with `--project`, need not be used yet";
        return Err(Problem::with_help("account.document-empty", message, help));
    }
    Ok(callers_policy(used)?)
}

fn source(account: &Account) -> String {
    match &account.source {
        Source::Account(name) => format!("account {name}"),
        source => source.name().to_owned(),
    }
}

fn one_of<'a>(used: &[&'a Account], wanted: &Account) -> Result<&'a Account, Problem> {
    let found = used.iter().find(|account| account.name == wanted.name && account.scope == wanted.scope);
    found.copied().ok_or_else(|| {
        let message = format!("no step uses account `{}`", wanted.name);
        Problem::with_help("account.document-empty", message, &listed(used))
    })
}

fn unused() -> Problem {
    let message = "no step needs an account, or none of those that do says what it does at AWS";
    let help = "`--plugin NAME` prints what all step types of a plugin need";
    Problem::with_help("account.document-empty", message, help)
}

fn several(used: &[&Account]) -> Problem {
    let message = "the steps use several accounts, and each has a policy of its own";
    Problem::with_help("account.document-incomplete", message, &format!("name one: {}", listed(used)))
}

fn listed(used: &[&Account]) -> String {
    match used {
        [] => "none is used".to_owned(),
        _ => {
            used.iter().map(|account| format!("`{}` of {}", account.name, account.scope)).collect::<Vec<_>>().join(", ")
        }
    }
}
