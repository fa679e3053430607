//! Whether a trust policy lets in others than it should.
//!
//! What is not understood is a finding, not a pass: a policy that is refused here for no good reason can be written in a
//! plainer way, one that passes for no good reason hands out a role. `Deny` statements are not weighed against others.
//! Deliberately absent: the conditions of identity providers (`Federated`), of which only a wildcard is found.

mod external_id;
mod finding;
mod principals;
mod read;
mod several;
mod shape;

use windlass_settings::Account;

pub use finding::{Finding, Kind};

use finding::Statement;
use several::Object;
use shape::{DocumentShape, Effect, StatementShape};

/// A trust policy as somebody wrote it.
#[derive(Debug)]
pub struct TrustPolicy(DocumentShape);

impl TrustPolicy {
    /// Reads JSON strictly, percent-encoded or not (as `iam:GetRole` returns it); errors call it `what`.
    ///
    /// # Errors
    /// `account.document-unreadable`: an unknown or repeated key, a wrong type, a statement that says nothing of whom or what.
    pub fn read(what: &str, bytes: &[u8]) -> Result<Self, super::DocumentError> {
        read::document(what, bytes).map(Self)
    }

    /// All that is wrong with it; with an account, also for its external ID.
    pub fn findings(&self, account: Option<&Account>) -> Vec<Finding> {
        let wanted = account.and_then(|account| account.role.as_ref()?.external_id.as_ref());
        let statements = self.0.statement.0.iter().enumerate();
        statements
            .flat_map(|(index, Object(shape))| {
                let statement = Statement { number: index + 1, sid: shape.sid.clone() };
                let wanted = wanted.map(windlass_settings::ExternalId::as_str);
                let found = kinds(shape, wanted);
                found.into_iter().map(move |kind| Finding::new(statement.clone(), kind))
            })
            .collect()
    }
}

fn kinds(statement: &StatementShape, wanted: Option<&str>) -> Vec<Kind> {
    let mut found = Vec::new();
    if statement.not_principal.is_some() {
        found.push(Kind::NotPrincipal);
    }
    if statement.effect == Effect::Deny {
        return found;
    }
    if statement.not_action.is_some() {
        found.push(Kind::NotAction);
    }
    found.extend(statement.principal.iter().flat_map(principals::kinds));
    if statement.lets_identities_assume() {
        found.extend(external_id::kind(&statement.condition, wanted));
    }
    found
}

#[cfg(test)]
mod tests;
