use serde_json::{Value, json};
use windlass_errors::Report as _;

use super::*;
use crate::testing::{account, role};

fn managed(arn: &str, external_id: Option<&str>) -> Account {
    Account { role: Some(role(arn, external_id)), ..account("prod") }
}

fn value(policy: &Policy) -> Value {
    serde_json::to_value(policy).unwrap()
}

const READER: &str = "arn:aws:iam::444455556666:role/Reader";

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
    assert_eq!(value(&trust(&managed(READER, Some("windlass-7f3a")), &identity).unwrap()), wanted);
    let without = value(&trust(&managed(READER, None), &identity).unwrap());
    assert_eq!(without["Statement"][0]["Condition"], Value::Null);
}

#[test]
fn a_whole_account_is_trusted_with_an_external_id_only() {
    let identity = Identity::parse("111122223333").unwrap();
    let in_china = managed("arn:aws-cn:iam::444455556666:role/Reader", Some("windlass-7f3a"));
    let statement = &value(&trust(&in_china, &identity).unwrap())["Statement"][0];
    assert_eq!(statement["Principal"], json!({"AWS": "arn:aws-cn:iam::111122223333:root"}));
    let error = trust(&managed(READER, None), &identity).unwrap_err();
    assert_eq!(error.code().as_str(), "account.document-incomplete");
    assert!(error.help().unwrap().contains("`externalId`"), "{error}");
}

#[test]
fn an_identity_of_another_partition_is_refused() {
    let identity = Identity::parse("arn:aws-us-gov:iam::111122223333:role/Windlass").unwrap();
    let error = trust(&managed(READER, Some("windlass-7f3a")), &identity).unwrap_err();
    assert!(error.to_string().contains("another partition"), "{error}");
}

#[test]
fn an_account_without_a_role_has_no_trust_policy() {
    let identity = Identity::parse("arn:aws:iam::111122223333:role/Windlass").unwrap();
    let error = trust(&account("prod"), &identity).unwrap_err();
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
fn the_caller_assumes_each_role_once() {
    let (one, two) = (managed(READER, None), managed("arn:aws:iam::777788889999:role/Writer", None));
    let policy = value(&callers_policy([&two, &one, &two]).unwrap());
    let wanted = json!([{
        "Sid": "Windlass",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": [READER, "arn:aws:iam::777788889999:role/Writer"],
    }]);
    assert_eq!(policy["Statement"], wanted);
}
