use windlass_settings::{
    AccessKey, Account, AccountId, AccountName, Chain, Endpoints, Narrowing, ProjectName, Settings, Source, WebIdentity,
};

use crate::explanation::{Explanation, Hop, ShownAccount, ShownRegion};
use crate::resolve::{chain, find, find_of_system};
use crate::sts::Place;
use crate::{AccountError, Because, CheckKind, Chosen, Region, instance};

/// Explains which account a project gets and how its credentials would be had, without network, key or session. Without a
/// project it is an account of the system.
///
/// Without a `name` it is the default account. A region that is still open is no error here, a refused one is.
///
/// # Errors
/// Those of [`resolve`](crate::resolve()), save `account.region-missing`.
pub fn explain(
    settings: &Settings,
    project: Option<&ProjectName>,
    name: Option<&AccountName>,
    region: Option<&str>,
) -> Result<Explanation, AccountError> {
    let named = [(name, Chosen::Argument)];
    let found = match project {
        Some(project) => find(settings, project, &format!("project `{project}`"), &named)?,
        None => find_of_system(settings, &named)?,
    };
    let chain = chain(settings, found.account)?;
    let rule = chain.region_rule();
    let region = match Region::of(rule, &[(region, Because::Argument)]) {
        Err(AccountError::RegionMissing { .. }) => None,
        other => Some(other?),
    };
    Ok(Explanation {
        project: project.map(ToString::to_string),
        account: shown(found.account),
        chosen: found.chosen,
        hides: found.shadowed.map(shown),
        account_id: account_id(&chain).map(ToString::to_string),
        hops: hops(&chain, &settings.endpoints, project.map_or("PROJECT", ProjectName::as_str), region.as_ref()),
        region: region.map(|Region { name, because }| ShownRegion { name, because }),
        allowed_regions: rule.regions.clone(),
        warnings: warnings(&chain),
    })
}

fn shown(account: &Account) -> ShownAccount {
    ShownAccount {
        name: account.name.to_string(),
        scope: account.scope.to_string(),
        defined_at: account.place.to_string(),
    }
}

/// What the configuration says of whose the last credentials are; a role's ARN says it by itself.
fn account_id(chain: &Chain) -> Option<&AccountId> {
    chain.links().rev().find_map(|link| match &link.role {
        Some(role) => Some(role.arn.account()),
        None => link.account_id.as_ref(),
    })
}

fn hops(chain: &Chain, endpoints: &Endpoints, project: &str, region: Option<&Region>) -> Vec<Hop> {
    let sts = region.map(|region| Place::new(endpoints, &region.name).address());
    let sts = sts.or_else(|| endpoints.services.get("sts").cloned());
    let source = chain.source();
    let mut hops = vec![Hop::Source { name: source.name().to_owned(), from: origin(source, endpoints) }];
    let several = chain.links().count() > 1;
    for link in chain.links() {
        let account = several.then(|| shown(link));
        let Some(role) = &link.role else {
            hops.extend(account.map(Hop::Account));
            continue;
        };
        hops.push(Hop::AssumeRole {
            account,
            arn: role.arn.to_string(),
            external_id: role.external_id.as_ref().map(|id| start_of(id.as_str())),
            session_name: role.session_name.render(project, "JOB", "EXECUTION"),
            duration_seconds: role.duration.as_secs(),
            source_identity: role.source_identity.as_ref().map(|name| name.render(project, "JOB", "EXECUTION")),
            tags: role.tags.iter().map(|(key, value)| (key.clone(), value.to_string())).collect(),
            narrowed: None,
            sts: sts.clone(),
        });
    }
    if let (Some(Hop::AssumeRole { narrowed, .. }), Some(role)) =
        (hops.iter_mut().rev().find(|hop| hop.is_role()), chain.role())
    {
        *narrowed = Some(role.narrowing != Narrowing::Off);
    }
    hops
}

fn origin(source: &Source, endpoints: &Endpoints) -> String {
    match source {
        Source::Ec2InstanceRole => {
            let address = endpoints.imds.as_deref().unwrap_or(instance::LINK_LOCAL);
            format!("instance metadata service at {address}, IMDSv2")
        }
        Source::EcsTaskRole => "container credentials endpoint of the runner's environment".to_owned(),
        Source::EksPodIdentity => "agent of EKS pod identity, by the runner's environment".to_owned(),
        Source::WebIdentity(WebIdentity { role, token_file }) => {
            let role = role.as_ref().map_or("`AWS_ROLE_ARN`".to_owned(), ToString::to_string);
            let file =
                token_file.as_ref().map_or("`AWS_WEB_IDENTITY_TOKEN_FILE`".into(), |path| path.to_string_lossy());
            format!("role {role}, by the token in {file}")
        }
        Source::AccessKey(AccessKey { id, secret, session_token }) => {
            let token = session_token.as_ref().map(|path| format!(", token in {path}")).unwrap_or_default();
            format!("key id {id}, secret in {secret}{token}")
        }
        Source::Profile(name) => format!("profile `{name}` of the shared AWS configuration files"),
        Source::Account(name) => format!("account `{name}`"),
    }
}

/// AWS does not treat an external ID as a secret (IAM user guide, "Access to AWS accounts owned by third parties");
/// its beginning is enough to tell two apart.
fn start_of(external_id: &str) -> String {
    format!("{}…", external_id.chars().take(4).collect::<String>())
}

fn warnings(chain: &Chain) -> Vec<String> {
    risks(chain).map(|(_, text)| text.to_owned()).collect()
}

/// What is risky about an account as it is written, one sentence each.
pub(crate) fn risks(chain: &Chain) -> impl Iterator<Item = (CheckKind, &'static str)> {
    let (source, role) = (chain.source(), chain.role());
    let long_lived = matches!(source, Source::AccessKey(key) if key.session_token.is_none());
    // A role's ARN names its account, and its sessions are compared with that.
    let unchecked = role.is_none() && chain.links().all(|link| link.account_id.is_none());
    let open = role.is_some_and(|role| role.narrowing == Narrowing::Off);
    let all = [
        (unchecked, CheckKind::AccountUnchecked, "no `accountId`: nothing checks whose AWS account this is"),
        (long_lived, CheckKind::LongLivedKey, "a long-lived access key: it works until somebody revokes it"),
        (long_lived && role.is_none(), CheckKind::LongLivedKey, "no `assumeRole`: steps get the long-lived key itself"),
        (
            source.is_runners_own() && role.is_none(),
            CheckKind::ManagingIdentity,
            "no `assumeRole`: steps get the identity of the runner's own machine or task, with all its rights",
        ),
        (
            open,
            CheckKind::NotNarrowed,
            "`sessionPolicy: none`: steps may do whatever the role may, not only what they declare",
        ),
    ];
    all.into_iter().filter(|(holds, ..)| *holds).map(|(_, kind, text)| (kind, text))
}

#[cfg(test)]
mod tests;
