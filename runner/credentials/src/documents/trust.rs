use std::collections::BTreeSet;

use windlass_settings::{Account, AccountId, Partition, Role};

use super::policy::{Principal, Statement};
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
    let statement = Statement::trust("Windlass", Principal::Aws(principal));
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
        let statement = Statement::trust(service.sid(), Principal::Service(service.principal(partition)));
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
    let roles = accounts.into_iter().map(|account| Ok(literal(role_of(account)?.arn.as_str())));
    let roles = roles.collect::<Result<_, DocumentError>>()?;
    let statement = Statement::allow("sts:AssumeRole".into(), roles).named("Windlass");
    Ok(Policy::new(vec![statement]))
}

pub(super) fn role_of(account: &Account) -> Result<&Role, DocumentError> {
    account.role.as_ref().ok_or_else(|| DocumentError::NoRole { account: Box::new(account.clone()) })
}

#[cfg(test)]
mod tests;
