use std::collections::BTreeSet;

use windlass_settings::{AccountId, Chain, Partition};

use super::assumed::{ASSUME, Assumed, last};
use super::policy::{Principal, Statement, Texts};
use super::{DocumentError, Identity, Policy, Service};

/// The trust policy of an account's role: whoever assumes it, and with the account's external ID only, if it has one. That is
/// the role before it, or else `identity`, as which Windlass authenticates.
///
/// # Errors
/// `account.document-incomplete` when the account assumes no role, nothing says who assumes it or the identity does not, the
/// identity lives in another partition, or it is a whole AWS account and the role has no external ID.
pub fn trust(chain: &Chain, identity: Option<&Identity>) -> Result<Policy, DocumentError> {
    let Assumed { role, by, actions } = last(chain)?;
    let account = || Box::new(chain.account().clone());
    let identity = match (identity, by) {
        (Some(given), Some(by)) if !given.includes(&by.arn) => {
            return Err(DocumentError::OtherCaller {
                account: account(),
                caller: by.arn.to_string(),
                identity: given.to_string(),
            });
        }
        (Some(given), _) => given.clone(),
        (None, Some(by)) => Identity::Role(by.arn.clone()),
        (None, None) => return Err(DocumentError::NoIdentity { account: account() }),
    };
    let Some(principal) = identity.principal(role.arn.partition()) else {
        return Err(DocumentError::OtherPartition { identity: identity.to_string(), role: role.arn.to_string() });
    };
    let statement = Statement::trust("Windlass", Principal::Aws(principal), actions);
    // AWS IAM user guide, "Access to AWS accounts owned by third parties".
    let statement = match (&role.external_id, identity) {
        (Some(external_id), _) => statement.when_equal("sts:ExternalId", external_id.to_string()),
        (None, Identity::Account(_)) => return Err(DocumentError::WholeAccount { account: account() }),
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

#[cfg(test)]
mod tests;
