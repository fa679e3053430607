use std::collections::{BTreeMap, BTreeSet};

use windlass_settings::{Account, AccountId, Partition, Role};

use super::policy::{Principal, Statement, Texts};
use super::{DocumentError, Identity, Policy, Service, literal};

/// The trust policy of an account's role: the identity that Windlass authenticates as, and with the account's external ID
/// only, if it has one.
///
/// # Errors
/// `account.document-incomplete` when the account assumes no role, the identity lives in another partition, or it is a
/// whole AWS account and the role has no external ID.
pub fn trust(account: &Account, identity: &Identity) -> Result<Policy, DocumentError> {
    let role = role_of(account)?;
    let Some(principal) = identity.principal(role.arn.partition()) else {
        return Err(DocumentError::OtherPartition { identity: identity.to_string(), role: role.arn.to_string() });
    };
    let statement = Statement::trust("Windlass", Principal::Aws(principal), assuming(role));
    // AWS IAM user guide, "Access to AWS accounts owned by third parties".
    let statement = match (&role.external_id, identity) {
        (Some(external_id), _) => statement.when_equal("sts:ExternalId", external_id.to_string()),
        (None, Identity::Account(_)) => return Err(DocumentError::WholeAccount { account: Box::new(account.clone()) }),
        (None, Identity::Role(_) | Identity::User { .. }) => statement,
    };
    Ok(Policy::new(vec![statement]))
}

/// The trust policy of a role that services of AWS take. The tasks of ECS can be bound to the AWS account that they run in
/// (Amazon ECS developer guide, "Amazon ECS task IAM role").
pub fn services_trust(services: BTreeSet<Service>, partition: Partition, runs_in: Option<&AccountId>) -> Policy {
    let statement = |service: Service| {
        let principal = Principal::Service(service.principal(partition));
        let statement = Statement::trust(service.sid(), principal, Texts::from(ASSUME));
        match (service, runs_in) {
            (Service::EcsTasks, Some(account)) => statement.when_equal("aws:SourceAccount", account.to_string()),
            _ => statement,
        }
    };
    Policy::new(services.into_iter().map(statement).collect())
}

/// What the managing identity needs: to assume the roles of these accounts, and nothing else.
///
/// # Errors
/// `account.document-incomplete` when one of them assumes no role.
pub fn callers_policy<'a>(accounts: impl IntoIterator<Item = &'a Account>) -> Result<Policy, DocumentError> {
    let mut by_actions: BTreeMap<Texts, Texts> = BTreeMap::new();
    for account in accounts {
        let role = role_of(account)?;
        by_actions.entry(assuming(role)).or_default().add(literal(role.arn.as_str()));
    }
    let statement = |(number, (actions, roles))| Statement::allow(actions, roles).named(SIDS[number]);
    Ok(Policy::new(by_actions.into_iter().enumerate().map(statement).collect()))
}

/// One for each combination of [`assuming`].
const SIDS: [&str; 4] = ["Windlass", "Windlass2", "Windlass3", "Windlass4"];
const ASSUME: &str = "sts:AssumeRole";

/// What is done when the role is assumed: tags and a source identity are actions of their own (AWS IAM user guide, "Pass
/// session tags in AWS STS", "Monitor and control actions taken with assumed roles").
fn assuming(role: &Role) -> Texts {
    let tags = (!role.tags.is_empty()).then_some("sts:TagSession");
    let identity = role.source_identity.as_ref().map(|_| "sts:SetSourceIdentity");
    [Some(ASSUME), tags, identity].into_iter().flatten().map(str::to_owned).collect()
}

pub(super) fn role_of(account: &Account) -> Result<&Role, DocumentError> {
    account.role.as_ref().ok_or_else(|| DocumentError::NoRole { account: Box::new(account.clone()) })
}

#[cfg(test)]
mod tests;
