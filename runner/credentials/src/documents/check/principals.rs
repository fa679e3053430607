use windlass_settings::{AccountId, Partition};

use super::finding::Kind;
use super::shape::PrincipalShape;

/// What is wrong with those whom a statement lets in (AWS IAM user guide, "AWS JSON policy elements: Principal").
pub(super) fn kinds(principal: &PrincipalShape) -> Vec<Kind> {
    let named = match principal {
        PrincipalShape::Text(text) if has_wildcard(text) => return vec![Kind::Everybody(text.clone())],
        PrincipalShape::Text(text) => return vec![Kind::UnknownPrincipal(text.clone())],
        PrincipalShape::Named(named) => named,
    };
    let aws = named.aws.iter().flat_map(|several| &several.0).filter_map(|text| identity(text));
    let others = named.service.iter().chain(&named.federated).flat_map(|several| &several.0);
    let others = others.filter(|text| has_wildcard(text)).map(|text| Kind::WildcardPrincipal(text.clone()));
    aws.chain(others).collect()
}

fn identity(text: &str) -> Option<Kind> {
    let own = || text.to_owned();
    if AccountId::parse(text).is_ok() {
        return None;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, _, _, account, _] if has_wildcard(account) => Some(Kind::WildcardAccount(own())),
        _ if text.trim() == "*" => Some(Kind::Everybody(own())),
        _ if has_wildcard(text) => Some(Kind::WildcardPrincipal(own())),
        ["arn", partition, service, "", account, resource] if is_identity(partition, service, account, resource) => {
            None
        }
        _ if is_unique_id(text) => Some(Kind::DeletedPrincipal(own())),
        _ => Some(Kind::UnknownPrincipal(own())),
    }
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn is_identity(partition: &str, service: &str, account: &str, resource: &str) -> bool {
    let kind = resource.split_once('/').map_or(resource, |(kind, _)| kind);
    let known = match service {
        "iam" => resource == "root" || (matches!(kind, "role" | "user") && resource.len() > kind.len() + 1),
        "sts" => matches!(kind, "assumed-role" | "federated-user") && resource.len() > kind.len() + 1,
        _ => false,
    };
    known && Partition::parse(partition).is_some() && AccountId::parse(account).is_ok()
}

/// What IAM shows for a role or user that is gone (AWS IAM user guide, "IAM identifiers").
fn is_unique_id(text: &str) -> bool {
    let known = text.starts_with("AROA") || text.starts_with("AIDA");
    known && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
