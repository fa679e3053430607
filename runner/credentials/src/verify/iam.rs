//! Two operations of IAM (AWS IAM API reference, `GetRole`, `SimulatePrincipalPolicy`).

use std::error::Error as _;

use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use windlass_settings::{Endpoints, Partition, RoleArn};

use crate::{AwsService, CallError, Calls, CommonError, Credentials};

const VERSION: &str = "2010-05-08";

/// IAM of a partition.
pub(super) struct Iam<'a> {
    calls: &'a Calls,
    service: AwsService,
}

/// What there is to see for several who may look.
#[derive(Debug)]
pub(super) enum Seen<T> {
    Said(T),
    /// IAM refuses all of them, or there is nobody to look.
    NotAllowed,
    /// For another reason, in words.
    Unseen(String),
}

impl<'a> Iam<'a> {
    pub(super) fn new(calls: &'a Calls, endpoints: &Endpoints, partition: Partition) -> Self {
        Self { calls, service: AwsService::iam(endpoints, partition) }
    }

    /// The trust policy of that very role, as IAM encodes it.
    pub(super) async fn trust_policy<'k>(
        &self,
        role: &RoleArn,
        who: impl Iterator<Item = &'k Credentials>,
    ) -> Seen<String> {
        let name = role.resource().rsplit('/').next().unwrap_or_default();
        let xml = match self.first("GetRole", &[("RoleName", name)], who).await {
            Seen::Said(xml) => xml,
            Seen::NotAllowed => return Seen::NotAllowed,
            Seen::Unseen(why) => return Seen::Unseen(why),
        };
        let one = |name| texts(&xml, &["GetRoleResult", "Role", name]).and_then(|found| found.into_iter().next());
        match (one("Arn"), one("AssumeRolePolicyDocument")) {
            (Some(arn), Some(document)) if arn == role.as_str() => Seen::Said(document),
            (Some(arn), Some(_)) => Seen::Unseen(format!("IAM answers with another role, `{arn}`")),
            _ => Seen::Unseen("IAM's answer to `GetRole` has no trust policy in it".to_owned()),
        }
    }

    /// Which of these actions on a resource are not allowed, each with IAM's word for it.
    pub(super) async fn denied(
        &self,
        principal: &str,
        actions: &[String],
        resource: &str,
        who: &[&Credentials],
    ) -> Seen<Vec<(String, String)>> {
        let named: Vec<(String, &str)> = actions
            .iter()
            .enumerate()
            .map(|(index, action)| (format!("ActionNames.member.{}", index + 1), action.as_str()))
            .collect();
        let mut parameters = vec![("PolicySourceArn", principal), ("MaxItems", "1000")];
        parameters.extend(named.iter().map(|(name, action)| (name.as_str(), *action)));
        parameters.extend((resource != "*").then_some(("ResourceArns.member.1", resource)));
        let xml = match self.first("SimulatePrincipalPolicy", &parameters, who.iter().copied()).await {
            Seen::Said(xml) => xml,
            Seen::NotAllowed => return Seen::NotAllowed,
            Seen::Unseen(why) => return Seen::Unseen(why),
        };
        let of_each = |name| texts(&xml, &["SimulatePrincipalPolicyResult", "EvaluationResults", "member", name]);
        match (of_each("EvalActionName"), of_each("EvalDecision")) {
            (Some(names), Some(decisions)) if names.len() == actions.len() && decisions.len() == actions.len() => {
                Seen::Said(names.into_iter().zip(decisions).filter(|(_, decision)| decision != "allowed").collect())
            }
            _ => Seen::Unseen("IAM does not decide each action that it was asked about".to_owned()),
        }
    }

    /// The answer to the first who may ask.
    async fn first<'k>(
        &self,
        action: &str,
        parameters: &[(&str, &str)],
        who: impl Iterator<Item = &'k Credentials>,
    ) -> Seen<String> {
        for keys in who {
            match self.calls.query(&self.service, action, VERSION, parameters, keys).await {
                Ok(xml) => return Seen::Said(xml.to_string()),
                Err(CallError::Refused { code, .. }) if CommonError::of(&code) == Some(CommonError::NotAllowed) => {}
                Err(error) => {
                    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
                    return Seen::Unseen(format!("{error}{cause}"));
                }
            }
        }
        Seen::NotAllowed
    }
}

/// The texts of all elements at that path below the root; nothing when it is no XML.
fn texts(xml: &str, path: &[&str]) -> Option<Vec<String>> {
    let mut document = Document::new(xml);
    let mut found = Vec::new();
    below(&mut document.root_element().ok()?, path, &mut found)?;
    Some(found)
}

fn below(at: &mut ScopedDecoder<'_, '_>, path: &[&str], found: &mut Vec<String>) -> Option<()> {
    let Some((first, rest)) = path.split_first() else {
        found.push(try_data(at).ok()?.into_owned());
        return Some(());
    };
    while let Some(mut tag) = at.next_tag() {
        if tag.start_el().local() == *first {
            below(&mut tag, rest, found)?;
        }
    }
    Some(())
}
