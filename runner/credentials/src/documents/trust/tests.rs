use serde_json::{Value, json};
use windlass_errors::Report as _;
use windlass_settings::{Account, Role, SessionName, Source, Template};

use super::*;
use crate::testing::{account, account_name, chain, role, settings};

fn managed(arn: &str, external_id: Option<&str>) -> Chain {
    chain(&Account { role: Some(role(arn, external_id)), ..account("prod") })
}

/// The reader's role, assumed by the hub's.
fn behind_a_hub(hub: Role, external_id: Option<&str>) -> Chain {
    let hub = Account { role: Some(hub), ..account("hub") };
    let source = Source::Account(account_name("hub"));
    let leaf = Account { source, role: Some(role(READER, external_id)), ..account("leaf") };
    settings(vec![hub, leaf.clone()], Vec::new()).chain(&leaf).unwrap()
}

fn value(policy: &Policy) -> Value {
    serde_json::to_value(policy).unwrap()
}

const READER: &str = "arn:aws:iam::444455556666:role/Reader";
const HUB: &str = "arn:aws:iam::111122223333:role/ops/Hub";

#[test]
fn the_external_id_of_the_account_is_a_condition() {
    let identity = Identity::parse("arn:aws:iam::111122223333:role/Windlass").unwrap();
    let wanted = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "Windlass",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/Windlass"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "windlass-7f3a"}},
    }]});
    assert_eq!(value(&trust(&managed(READER, Some("windlass-7f3a")), Some(&identity)).unwrap()), wanted);
    let without = value(&trust(&managed(READER, None), Some(&identity)).unwrap());
    assert_eq!(without["Statement"][0]["Condition"], Value::Null);
}

#[test]
fn a_whole_account_is_trusted_with_an_external_id_only() {
    let identity = Identity::parse("111122223333").unwrap();
    let in_china = managed("arn:aws-cn:iam::444455556666:role/Reader", Some("windlass-7f3a"));
    let statement = &value(&trust(&in_china, Some(&identity)).unwrap())["Statement"][0];
    assert_eq!(statement["Principal"], json!({"AWS": "arn:aws-cn:iam::111122223333:root"}));
    let error = trust(&managed(READER, None), Some(&identity)).unwrap_err();
    assert_eq!(error.code().as_str(), "account.document-incomplete");
    assert!(error.help().unwrap().contains("`externalId`"), "{error}");
}

#[test]
fn an_identity_of_another_partition_is_refused() {
    let identity = Identity::parse("arn:aws-us-gov:iam::111122223333:role/Windlass").unwrap();
    let error = trust(&managed(READER, Some("windlass-7f3a")), Some(&identity)).unwrap_err();
    assert!(error.to_string().contains("another partition"), "{error}");
}

#[test]
fn an_account_without_a_role_has_no_trust_policy() {
    let identity = Identity::parse("arn:aws:iam::111122223333:role/Windlass").unwrap();
    let error = trust(&chain(&account("prod")), Some(&identity)).unwrap_err();
    assert_eq!(error.code().as_str(), "account.document-incomplete");
    assert!(error.help().unwrap().contains("`assumeRole`"));
}

#[test]
fn services_are_named_as_their_partition_knows_them() {
    let all = [Service::Ec2, Service::EcsTasks, Service::EcsService, Service::EcsAutoscaling];
    let others = ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com", "application-autoscaling.amazonaws.com"];
    for (partition, ec2) in [
        (Partition::Aws, "ec2.amazonaws.com"),
        (Partition::AwsUsGov, "ec2.amazonaws.com"),
        (Partition::AwsCn, "ec2.amazonaws.com.cn"),
    ] {
        let policy = value(&services_trust(all.into(), partition, None));
        let named: Vec<&str> = policy["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .map(|statement| statement["Principal"]["Service"].as_str().unwrap())
            .collect();
        assert_eq!(named, [&[ec2][..], &others].concat());
    }
}

#[test]
fn tasks_are_bound_to_their_account() {
    let account = "111122223333".parse().unwrap();
    let policy = value(&services_trust([Service::Ec2, Service::EcsTasks].into(), Partition::Aws, Some(&account)));
    assert_eq!(policy["Statement"][0]["Condition"], Value::Null);
    assert_eq!(policy["Statement"][1]["Condition"], json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}));
}

#[test]
fn a_role_behind_another_trusts_that_one() {
    let chain = behind_a_hub(role(HUB, Some("windlass-hub")), Some("windlass-7f3a"));
    let statement = &value(&trust(&chain, None).unwrap())["Statement"][0];
    assert_eq!(statement["Principal"], json!({"AWS": HUB}));
    assert_eq!(statement["Condition"], json!({"StringEquals": {"sts:ExternalId": "windlass-7f3a"}}));
    let of_account = Identity::parse("111122223333").unwrap();
    let statement = &value(&trust(&chain, Some(&of_account)).unwrap())["Statement"][0];
    assert_eq!(statement["Principal"], json!({"AWS": "arn:aws:iam::111122223333:root"}));
    for never in ["arn:aws:iam::111122223333:role/Windlass", "777788889999"] {
        let identity = Identity::parse(never).unwrap();
        let error = trust(&chain, Some(&identity)).unwrap_err();
        assert_eq!(error.code().as_str(), "account.document-incomplete");
        assert!(error.to_string().contains(&format!("by `{HUB}`")), "{error}");
    }
}

#[test]
fn a_source_identity_is_set_again_at_each_hop_and_tags_are_not() {
    let source_identity = Some(SessionName::default());
    let tags = std::collections::BTreeMap::from([("team".to_owned(), Template::parse("ops").unwrap())]);
    let chain = behind_a_hub(Role { source_identity, tags, ..role(HUB, None) }, None);
    let policy = value(&trust(&chain, None).unwrap());
    assert_eq!(policy["Statement"][0]["Action"], json!(["sts:AssumeRole", "sts:SetSourceIdentity"]));
    let callers = serde_json::to_value(crate::callers_policies([&chain]).unwrap()).unwrap();
    let actions = [0, 1].map(|at: usize| callers[at]["policy"]["Statement"][0]["Action"].clone());
    assert_eq!(actions[0], json!(["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]));
    assert_eq!(actions[1], json!(["sts:AssumeRole", "sts:SetSourceIdentity"]));
}

#[test]
fn who_assumes_the_first_role_has_to_be_given() {
    let error = trust(&managed(READER, None), None).unwrap_err();
    assert_eq!(error.code().as_str(), "account.document-incomplete");
    assert!(error.help().unwrap().contains("`--principal`"));
}
