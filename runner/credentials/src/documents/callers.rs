use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};
use windlass_settings::{Chain, RoleArn};

use super::assumed::{Assumed, assumed, last};
use super::policy::{Statement, Texts};
use super::{DocumentError, Policy, literal};

/// What one identity needs so that it can assume the roles that come after it, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallersPolicy {
    /// To whom the policy belongs.
    pub grantee: Grantee,
    /// The policy.
    pub policy: Policy,
}

/// Who assumes a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Grantee {
    /// The identity that Windlass authenticates as. No configuration says which that is.
    Managing,
    /// A role that was assumed before.
    Role {
        /// The role.
        #[serde(serialize_with = "text")]
        arn: RoleArn,
    },
}

/// The policies of all who assume a role on the way to these accounts, one for each of them, in the order of the hops.
///
/// # Errors
/// `account.document-incomplete` when one of the accounts assumes no role.
pub fn callers_policies<'a>(chains: impl IntoIterator<Item = &'a Chain>) -> Result<Vec<CallersPolicy>, DocumentError> {
    let mut all: Vec<(Grantee, BTreeMap<Texts, Texts>)> = Vec::new();
    for chain in chains {
        last(chain)?;
        for Assumed { role, by, actions } in assumed(chain) {
            let grantee = by.map_or(Grantee::Managing, |by| Grantee::Role { arn: by.arn.clone() });
            let known = all.iter().position(|(of, _)| *of == grantee).unwrap_or_else(|| {
                all.push((grantee, BTreeMap::new()));
                all.len() - 1
            });
            all[known].1.entry(actions).or_default().add(literal(role.arn.as_str()));
        }
    }
    let policy = |(grantee, may): (Grantee, BTreeMap<Texts, Texts>)| {
        let statement = |(number, (actions, roles))| Statement::allow(actions, roles).named(SIDS[number]);
        CallersPolicy { grantee, policy: Policy::new(may.into_iter().enumerate().map(statement).collect()) }
    };
    Ok(all.into_iter().map(policy).collect())
}

/// One for each combination of actions with which a role is assumed.
const SIDS: [&str; 4] = ["Windlass", "Windlass2", "Windlass3", "Windlass4"];

fn text<S: Serializer>(arn: &RoleArn, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(arn)
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Managing => f.write_str("the identity that Windlass authenticates as"),
            Self::Role { arn } => write!(f, "the role `{arn}`, in AWS account {}", arn.account()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use windlass_settings::{Account, Source};

    use super::*;
    use crate::testing::{account, account_name, chain, role, settings};

    const READER: &str = "arn:aws:iam::444455556666:role/Reader";
    const WRITER: &str = "arn:aws:iam::777788889999:role/Writer";

    fn with_role(name: &str, arn: &str) -> Account {
        Account { role: Some(role(arn, None)), ..account(name) }
    }

    fn value(policies: &[CallersPolicy]) -> Value {
        serde_json::to_value(policies).unwrap()
    }

    #[test]
    fn the_caller_assumes_each_role_once() {
        let (one, two) = (chain(&with_role("one", READER)), chain(&with_role("two", WRITER)));
        let policies = value(&callers_policies([&two, &one, &two]).unwrap());
        let wanted = json!([{
            "Sid": "Windlass",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": [READER, WRITER],
        }]);
        assert_eq!(policies.as_array().unwrap().len(), 1);
        assert_eq!(policies[0]["policy"]["Statement"], wanted);
    }

    #[test]
    fn each_hop_is_allowed_to_whom_it_is_made_by() {
        let hub = with_role("hub", READER);
        let leaf = Account { source: Source::Account(account_name("hub")), ..with_role("leaf", WRITER) };
        let all = settings(vec![hub.clone(), leaf.clone()], Vec::new());
        let chains = [&hub, &leaf].map(|account| all.chain(account).unwrap());
        let policies = value(&callers_policies(&chains).unwrap());
        let grantees: Vec<&Value> = policies.as_array().unwrap().iter().map(|it| &it["grantee"]).collect();
        assert_eq!(grantees, [&json!({"kind": "managing"}), &json!({"kind": "role", "arn": READER})]);
        let roles = [0, 1].map(|at: usize| policies[at]["policy"]["Statement"][0]["Resource"].as_str().unwrap());
        assert_eq!(roles, [READER, WRITER]);
    }
}
