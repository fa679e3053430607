use std::fmt;

use serde::Serialize;
use windlass_settings::{Account, AccountName, Chain, Partition, Place, Project, ProjectName, Scope, Settings};

use crate::{AccountError, Because, Region};

/// Which account and region a step asks for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The project that the job belongs to.
    pub project: &'a ProjectName,
    /// The job's name, for errors.
    pub job: &'a str,
    /// The step's `account`.
    pub step_account: Option<&'a AccountName>,
    /// The job's `account`.
    pub job_account: Option<&'a AccountName>,
    /// The step's `region`.
    pub step_region: Option<&'a str>,
    /// The job's `region`.
    pub job_region: Option<&'a str>,
}

/// The account for a step: a whole record of one scope, never fields of two.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The record, with those that it starts from.
    pub chain: Chain,
    /// Who named it.
    pub chosen: Chosen,
    /// The region and who said so.
    pub region: Region,
    /// Where the system's account of the same name stands that the project's hides.
    pub shadowed: Option<Place>,
}

/// Who named the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Chosen {
    /// The step's `account`.
    Step,
    /// The job's `account`.
    Job,
    /// The project's `defaultAccount`.
    ProjectDefault,
    /// The system's `defaultAccount`.
    SystemDefault,
    /// The command line.
    Argument,
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Step => "the step",
            Self::Job => "the job",
            Self::ProjectDefault => "the project's `defaultAccount`",
            Self::SystemDefault => "the system's `defaultAccount`",
            Self::Argument => "the command line",
        })
    }
}

/// Finds the account and the region of a step.
///
/// The name comes from the step, else the job, else the project's default, else the system's. Whoever gave it, it is
/// looked up in the project first and then in the system.
///
/// # Errors
/// `project.unknown`, `account.none`, `account.unknown`, `account.unusable`, `account.not-allowed`,
/// `account.region-missing`, `account.region-refused`.
pub fn resolve(settings: &Settings, request: &Request<'_>) -> Result<Resolved, AccountError> {
    let Found { account, chosen, shadowed } = of_request(settings, request)?;
    let chain = chain(settings, account)?;
    let asked = [(request.step_region, Because::Step), (request.job_region, Because::Job)];
    let region = Region::of(chain.region_rule(), &asked)?;
    Ok(Resolved { chain, chosen, region, shadowed: shadowed.map(|hidden| hidden.place.clone()) })
}

/// An account with a region in which to try it: that which is asked for, else the account's own, else the first that it
/// allows, else one of its partition that nobody has to turn on.
///
/// # Errors
/// `account.unusable`, `account.not-allowed`, `account.region-refused`.
pub fn resolve_to_verify(
    settings: &Settings,
    account: &Account,
    region: Option<&str>,
) -> Result<Resolved, AccountError> {
    let chain = chain(settings, account)?;
    let rule = chain.region_rule();
    let region = match Region::of(rule, &[(region, Because::Argument)]) {
        Err(AccountError::RegionMissing { .. }) => match rule.regions.first() {
            Some(first) => Region { name: first.clone(), because: Because::FirstEntry },
            None => Region { name: always_there(&chain).to_owned(), because: Because::AnyDoes },
        },
        other => other?,
    };
    Ok(Resolved { chain, chosen: Chosen::Argument, region, shadowed: None })
}

/// A region of the account's partition that is on in every AWS account (AWS account management reference guide, "Enable or
/// disable AWS Regions").
fn always_there(chain: &Chain) -> &'static str {
    match chain.role().map_or(Partition::Aws, |role| role.arn.partition()) {
        Partition::Aws => "us-east-1",
        Partition::AwsCn => "cn-north-1",
        Partition::AwsUsGov => "us-gov-west-1",
    }
}

/// The account of a step alone, whatever its region: that which has the role, for one that is another name. See [`resolve`].
///
/// # Errors
/// `project.unknown`, `account.none`, `account.unknown`, `account.unusable`, `account.not-allowed`.
pub fn account_of<'a>(settings: &'a Settings, request: &Request<'_>) -> Result<&'a Account, AccountError> {
    Ok(settings.meant(of_request(settings, request)?.account))
}

/// The account that a command names in a project, or else the project's default: that which has the role, for one that is
/// another name.
///
/// # Errors
/// `project.unknown`, `account.none`, `account.unknown`, `account.unusable`, `account.not-allowed`.
pub fn account_named<'a>(
    settings: &'a Settings,
    project: &ProjectName,
    name: Option<&AccountName>,
) -> Result<&'a Account, AccountError> {
    let found = find(settings, project, &format!("project `{project}`"), &[(name, Chosen::Argument)])?;
    Ok(settings.meant(found.account))
}

/// All that stands behind an account.
///
/// # Errors
/// `account.unusable`, `account.not-allowed`.
pub fn chain(settings: &Settings, account: &Account) -> Result<Chain, AccountError> {
    settings.chain(account).map_err(|why| AccountError::Chain { account: account.clone().into(), why })
}

/// The project of that name.
///
/// # Errors
/// `project.unknown`.
pub fn known_project<'a>(settings: &'a Settings, name: &ProjectName) -> Result<&'a Project, AccountError> {
    settings.project(name).ok_or_else(|| {
        let known = settings.projects.iter().map(|project| project.name.as_str());
        let hint = match settings.projects.len() {
            0 => "there is none yet; list it under `projects` in the configuration".to_owned(),
            _ => windlass_errors::nearest_hint(name.as_str(), known),
        };
        AccountError::UnknownProject { project: name.clone(), hint }
    })
}

fn of_request<'a>(settings: &'a Settings, request: &Request<'_>) -> Result<Found<'a>, AccountError> {
    let named = [(request.step_account, Chosen::Step), (request.job_account, Chosen::Job)];
    find(settings, request.project, &format!("job `{}`", request.job), &named)
}

pub(crate) struct Found<'a> {
    pub(crate) account: &'a Account,
    pub(crate) chosen: Chosen,
    pub(crate) shadowed: Option<&'a Account>,
}

/// The account by the first name that was given, or by default; `what` needs it.
pub(crate) fn find<'a>(
    settings: &'a Settings,
    project: &ProjectName,
    what: &str,
    named: &[(Option<&AccountName>, Chosen)],
) -> Result<Found<'a>, AccountError> {
    let project = known_project(settings, project)?;
    let defaults = [
        (project.default_account.as_ref(), Chosen::ProjectDefault),
        (settings.default_account.as_ref(), Chosen::SystemDefault),
    ];
    let first = named.iter().copied().chain(defaults).find_map(|(name, chosen)| Some((name?, chosen)));
    let Some((name, chosen)) = first else {
        return Err(AccountError::NoAccount { what: what.to_owned(), hint: what_there_is(settings, project) });
    };
    look_up(settings, project, name, chosen)
}

/// The account of the system by the first name that was given, or by default, whoever may use it.
pub(crate) fn find_of_system<'a>(
    settings: &'a Settings,
    named: &[(Option<&AccountName>, Chosen)],
) -> Result<Found<'a>, AccountError> {
    let default = (settings.default_account.as_ref(), Chosen::SystemDefault);
    let first = named.iter().copied().chain([default]).find_map(|(name, chosen)| Some((name?, chosen)));
    let Some((name, chosen)) = first else {
        let hint = format!("accounts of the system: {}", names(&settings.accounts));
        return Err(AccountError::NoAccount { what: "the system".to_owned(), hint });
    };
    if let Some(account) = settings.accounts.iter().find(|account| account.name == *name) {
        return Ok(Found { account, chosen, shadowed: None });
    }
    if let Some(broken) = settings.unusable(&Scope::System, name) {
        return Err(AccountError::Unusable { account: broken.clone().into() });
    }
    let near = windlass_errors::nearest(name.as_str(), settings.accounts.iter().map(|account| account.name.as_str()));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("an account of a project takes `--project`; of the system: {}", names(&settings.accounts)),
    };
    Err(AccountError::UnknownInSystem { account: name.clone(), chosen, hint })
}

fn look_up<'a>(
    settings: &'a Settings,
    project: &'a Project,
    name: &AccountName,
    chosen: Chosen,
) -> Result<Found<'a>, AccountError> {
    let own = project.accounts.iter().find(|account| account.name == *name);
    let of_system = settings.accounts.iter().find(|account| account.name == *name);
    let broken = settings.unusable(&Scope::Project(project.name.clone()), name);
    match (own, of_system) {
        (Some(account), shadowed) => Ok(Found { account, chosen, shadowed }),
        // Whoever has an account of that name means it, however it is written.
        (None, of_system) if broken.is_some_and(|it| of_system.is_none() || it.scope != Scope::System) => {
            Err(AccountError::Unusable { account: broken.expect("it was looked at").clone().into() })
        }
        (None, Some(account)) => match settings.not_for(account, &project.name) {
            Some(refusing) => Err(AccountError::NotForProject {
                named: name.clone(),
                account: refusing.clone().into(),
                project: project.name.clone(),
            }),
            None => Ok(Found { account, chosen, shadowed: None }),
        },
        (None, None) => {
            let all = project.accounts.iter().chain(&settings.accounts);
            let hint = match windlass_errors::nearest(name.as_str(), all.map(|account| account.name.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => what_there_is(settings, project),
            };
            Err(AccountError::UnknownAccount { account: name.clone(), chosen, project: project.name.clone(), hint })
        }
    }
}

/// The accounts of both scopes, in words.
fn what_there_is(settings: &Settings, project: &Project) -> String {
    let (own, of_system) = (names(&project.accounts), names(&settings.accounts));
    format!("accounts of project `{}`: {own}; of the system: {of_system}", project.name)
}

fn names(accounts: &[Account]) -> String {
    match accounts {
        [] => "none".to_owned(),
        _ => accounts.iter().map(|account| format!("`{}`", account.name)).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests;
