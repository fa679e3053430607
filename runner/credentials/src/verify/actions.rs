//! Whether what steps declare is allowed, where somebody may let IAM simulate it.

use std::collections::BTreeMap;

use windlass_settings::{Narrowing, Partition, Role};

use super::iam::Seen;
use super::way::{Stand, Way};
use super::{CheckKind, Outcome};
use crate::Credentials;

/// So many resources are asked about, one call each; what is left says so.
const MOST: usize = 50;
const UNKNOWN: &str = "let the role itself `iam:SimulatePrincipalPolicy` on its own ARN, to have this checked";

impl Way<'_> {
    /// Asks with the last session, or with that before it.
    pub(super) async fn actions(&self, last: &Stand<'_>, before: Option<&Stand<'_>>) {
        let (hop, kind) = (self.last(), CheckKind::Actions);
        let declared = match &self.checks.declared {
            Ok(declared) if declared.is_empty() => {
                return self.skips(&hop, kind, "no step declares an action of it".to_owned(), None);
            }
            Ok(declared) => declared,
            Err(why) => return self.skips(&hop, kind, format!("what steps declare is not known: {why}"), None),
        };
        let Some((principal, partition)) = principal(last) else {
            let what = "IAM simulates roles and users only, and the source is none whose ARN is known".to_owned();
            return self.skips(&hop, kind, what, None);
        };
        let stands = [Some(last), before].into_iter().flatten();
        let of_account: Vec<&Credentials> =
            stands.filter(|stand| stand.account_id == last.account_id).map(|stand| &stand.keys).collect();
        let (iam, by_resource) = (self.iam(partition), declared.by_resource());
        let (mut denied, mut asked) = (BTreeMap::new(), 0);
        for (resource, actions) in by_resource.iter().take(MOST) {
            match iam.denied(&principal, actions, resource, &of_account).await {
                Seen::Said(refused) => refused.into_iter().for_each(|(action, decision)| {
                    denied.entry(action).or_insert_with(|| (decision, resource.clone()));
                }),
                Seen::NotAllowed => {
                    let what =
                        "they cannot be simulated: nobody on the way may `iam:SimulatePrincipalPolicy`".to_owned();
                    return self.skips(&hop, kind, what, Some(UNKNOWN.to_owned()));
                }
                Seen::Unseen(why) => {
                    return self.skips(&hop, kind, format!("they could not be simulated: {why}"), None);
                }
            }
            asked += actions.len();
        }
        for (action, (decision, resource)) in &denied {
            let what = format!("`{action}` on `{resource}` is not allowed ({decision})");
            let remedy = format!("`{}` prints the policy that allows it", self.checks.policy_command);
            self.fails(&hop, CheckKind::ActionDenied, "account.action-denied", what, Some(remedy));
        }
        if denied.is_empty() {
            let what = format!("all that steps declare is allowed{}", narrowed(last.role));
            self.note(&hop, kind, Outcome::Ok, what, None);
        }
        if let Some(more @ 1..) = by_resource.len().checked_sub(MOST) {
            self.skips(
                &hop,
                kind,
                format!("{asked} were simulated; {more} resources are more than is asked about"),
                None,
            );
        }
    }
}

fn narrowed(role: Option<&Role>) -> &'static str {
    match role.map(|role| &role.narrowing) {
        Some(Narrowing::Declared { .. }) => "; the session of each step is narrowed to what it declares itself",
        Some(Narrowing::Off) | None => "",
    }
}

/// Whom IAM is asked about.
fn principal(stand: &Stand<'_>) -> Option<(String, Partition)> {
    if let Some(role) = stand.role {
        return Some((role.arn.to_string(), role.arn.partition()));
    }
    // A session's ARN lacks its role's path (AWS IAM user guide, "IAM identifiers").
    let arn = stand.arn.as_deref()?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", _, resource] = parts[..] else { return None };
    resource.starts_with("user/").then_some((arn.to_owned(), Partition::parse(partition)?))
}
