use clap::Args;
use windlass_credentials::{CallersPolicy, Grantee, Policy, callers_policies, chain};
use windlass_errors::exit;
use windlass_settings::{Account, AccountName, Chain};

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
    /// Print what the managing identity needs: to assume the roles of these accounts; of those that start from others with a
    /// role, a list of what each identity on the way needs
    #[arg(long, conflicts_with = "plugin")]
    caller: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Document,
}

pub(super) async fn run(global: &Global, arguments: &PolicyArguments) -> Result<u8, Problem> {
    let ground = ground(global).await?;
    if arguments.caller {
        show_callers(&callers(&ground, arguments).await?, arguments.output)?;
        return Ok(exit::OK);
    }
    let policy = match ground.declared(&arguments.scope).await? {
        Some(permissions) if permissions.is_empty() => {
            return Err(Problem::coded("account.document-empty", "no step type of the plugin declares an action"));
        }
        Some(permissions) => permissions.policy(),
        None => of_jobs(&ground, arguments).await?,
    };
    tell_length(&policy);
    show::document(&policy, arguments.output)?;
    Ok(exit::OK)
}

fn tell_length(policy: &Policy) {
    let length = serde_json::to_string(policy).map_or(0, |text| text.len());
    if length > LONGEST {
        show::talk(format_args!("the policy has {length} characters; AWS takes {LONGEST} in one, so divide it"));
    }
}

/// The policy of the managing identity alone, or with whose each is.
fn show_callers(policies: &[CallersPolicy], output: Document) -> Result<(), Problem> {
    policies.iter().for_each(|it| tell_length(&it.policy));
    if let [CallersPolicy { grantee: Grantee::Managing, policy }] = policies {
        return show::document(policy, output);
    }
    for (number, CallersPolicy { grantee, .. }) in (1..).zip(policies) {
        show::talk(format_args!("policy {number} of {} belongs to {grantee}", policies.len()));
    }
    show::document(&policies, output)
}

fn wanted<'a>(ground: &'a Ground, arguments: &PolicyArguments) -> Result<Option<&'a Account>, Problem> {
    let project = arguments.scope.project_of_all()?;
    match &arguments.name {
        Some(name) => account(&ground.settings, project.as_ref(), Some(name)),
        None => Ok(None),
    }
}

async fn of_jobs(ground: &Ground, arguments: &PolicyArguments) -> Result<Policy, Problem> {
    let wanted = wanted(ground, arguments)?;
    let needs = ground.needs(&arguments.scope).await?;
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

async fn callers(ground: &Ground, arguments: &PolicyArguments) -> Result<Vec<CallersPolicy>, Problem> {
    let wanted = wanted(ground, arguments)?;
    if let (Some(wanted), true) = (wanted, arguments.scope.project.is_some()) {
        // Its role can be assumed before any job uses it.
        return Ok(callers_policies([&chain(&ground.settings, wanted)?])?);
    }
    let needs = ground.needs(&arguments.scope).await?;
    let used: Vec<&Account> = needs.accounts().collect();
    let used = match wanted {
        Some(wanted) => vec![one_of(&used, wanted)?],
        None => used.into_iter().filter(|account| account.role.is_some()).collect(),
    };
    if used.is_empty() {
        let message = "no step uses an account with a role";
        let help = "an account that is named, with `--project`, need not be used yet";
        return Err(Problem::with_help("account.document-empty", message, help));
    }
    let chains = used.into_iter().map(|account| chain(&ground.settings, account)).collect::<Result<Vec<_>, _>>()?;
    let mut sources: Vec<String> = chains.iter().map(source).collect();
    sources.sort_unstable();
    sources.dedup();
    if sources.len() > 1 {
        show::talk(format_args!(
            "the accounts start from different identities ({}); with the name of an account it is what that one needs",
            sources.join(", ")
        ));
    }
    Ok(callers_policies(&chains)?)
}

/// What a chain begins with: an account that is nothing but an identity, or the source of one with a role.
fn source(chain: &Chain) -> String {
    match chain.links().next().filter(|first| first.role.is_none()) {
        Some(identity) => format!("account {}", identity.name),
        None => chain.source().name().to_owned(),
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
