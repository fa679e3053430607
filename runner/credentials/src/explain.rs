use windlass_settings::{Account, AccountName, Endpoints, ProjectName, Settings, Source};

use crate::explanation::{Explanation, Hop, ShownAccount, ShownRegion};
use crate::resolve::find;
use crate::sts::Place;
use crate::{AccountError, Because, Chosen, Region, instance};

/// Explains which account a project gets and how its credentials would be had, without network, key or session.
///
/// Without a `name` it is the default account. A region that is still open is no error here, a refused one is.
///
/// # Errors
/// Those of [`resolve`](crate::resolve()), save `account.region-missing`.
pub fn explain(
    settings: &Settings,
    project: &ProjectName,
    name: Option<&AccountName>,
    region: Option<&str>,
) -> Result<Explanation, AccountError> {
    let found = find(settings, project, &format!("project `{project}`"), &[(name, Chosen::Argument)])?;
    let account = found.account;
    let region = match Region::of(account, &[(region, Because::Argument)]) {
        Err(AccountError::RegionMissing { .. }) => None,
        other => Some(other?),
    };
    Ok(Explanation {
        project: project.to_string(),
        account: shown(account),
        chosen: found.chosen,
        hides: found.shadowed.map(shown),
        account_id: account.account_id.as_ref().map(ToString::to_string),
        hops: hops(account, &settings.endpoints, project, region.as_ref()),
        region: region.map(|Region { name, because }| ShownRegion { name, because }),
        allowed_regions: account.regions.clone(),
        warnings: warnings(account),
    })
}

fn shown(account: &Account) -> ShownAccount {
    ShownAccount {
        name: account.name.to_string(),
        scope: account.scope.to_string(),
        defined_at: account.place.to_string(),
    }
}

fn hops(account: &Account, endpoints: &Endpoints, project: &ProjectName, region: Option<&Region>) -> Vec<Hop> {
    let sts = region.map(|region| Place::new(endpoints, &region.name).address());
    let source = Hop::Source { name: account.source.name().to_owned(), from: origin(&account.source, endpoints) };
    let role = account.role.as_ref().map(|role| Hop::AssumeRole {
        arn: role.arn.to_string(),
        external_id: role.external_id.as_ref().map(|id| start_of(id.as_str())),
        session_name: role.session_name.render(project.as_str(), "JOB", "EXECUTION"),
        duration_seconds: role.duration.as_secs(),
        sts: sts.or_else(|| endpoints.services.get("sts").cloned()),
    });
    std::iter::once(source).chain(role).collect()
}

fn origin(source: &Source, endpoints: &Endpoints) -> String {
    match source {
        Source::Ec2InstanceRole => {
            let address = endpoints.imds.as_deref().unwrap_or(instance::LINK_LOCAL);
            format!("instance metadata service at {address}, IMDSv2")
        }
        Source::EcsTaskRole => "container credentials endpoint of the runner's environment".to_owned(),
        Source::AccessKey { access_key_id, secret_access_key } => {
            format!("key id {access_key_id}, secret in {secret_access_key}")
        }
        Source::Profile(name) => format!("profile `{name}` of the shared AWS configuration files"),
    }
}

/// AWS does not treat an external ID as a secret (IAM user guide, "Access to AWS accounts owned by third parties");
/// its beginning is enough to tell two apart.
fn start_of(external_id: &str) -> String {
    format!("{}…", external_id.chars().take(4).collect::<String>())
}

fn warnings(account: &Account) -> Vec<String> {
    let Account { account_id, source, role, .. } = account;
    let key = matches!(source, Source::AccessKey { .. });
    // A role's ARN names its account, and its sessions are compared with that.
    let unchecked = account_id.is_none() && role.is_none();
    let texts = [
        (unchecked, "no `accountId`: nothing checks whose AWS account this is"),
        (key, "a long-lived access key: it works until somebody revokes it"),
        (key && role.is_none(), "no `assumeRole`: steps get the long-lived key itself"),
        (
            source.is_role() && role.is_none(),
            "no `assumeRole`: steps get the identity of the runner's own machine or task, with all its rights",
        ),
    ];
    texts.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text.to_owned()).collect()
}

#[cfg(test)]
mod tests;
