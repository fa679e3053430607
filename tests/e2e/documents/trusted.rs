//! Trust policies that are printed.

use super::{PRINCIPAL, account, document, installation};
use crate::installation::assert_names;
use serde_json::json;

#[test]
fn the_role_trusts_the_identity_with_the_external_id() {
    let installation = installation();
    let wanted = |principal: &str, external_id: &str| {
        json!([{
            "Sid": "Windlass",
            "Effect": "Allow",
            "Principal": {"AWS": principal},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        }])
    };
    for (arguments, principal, external_id) in [
        (format!("prod --project web --principal {PRINCIPAL}"), PRINCIPAL, "windlass-web-7f3a"),
        (format!("--project web --principal {PRINCIPAL}"), PRINCIPAL, "windlass-web-7f3a"),
        (format!("audit --principal {PRINCIPAL}"), PRINCIPAL, "windlass-audit-1"),
        (
            "china --project web --principal 111122223333".to_owned(),
            "arn:aws-cn:iam::111122223333:root",
            "windlass-china-1",
        ),
    ] {
        let policy = document(&installation, &format!("trust {arguments}"));
        assert_eq!(policy["Statement"], wanted(principal, external_id), "{arguments}");
    }
}

#[test]
fn what_is_not_known_has_to_be_given() {
    let installation = installation();
    let missing = account(&installation, "trust prod --project web");
    assert_names(missing.failed(5, "account.document-incomplete"), &["`prod`", "`ec2-instance-role`", "`--principal`"]);
    let whole = account(&installation, "trust open --project web --principal 111122223333");
    assert_names(whole.failed(5, "account.document-incomplete"), &["`open`", "`externalId`"]);
    let elsewhere = account(&installation, &format!("trust china --project web --principal {PRINCIPAL}"));
    assert_names(elsewhere.failed(5, "account.document-incomplete"), &["another partition"]);
    let own = account(&installation, &format!("trust own --project web --principal {PRINCIPAL}"));
    assert_names(own.failed(5, "account.document-incomplete"), &["`own`", "assumes no role"]);
    let unknown = account(&installation, "trust adit --principal 111122223333");
    assert_names(unknown.failed(5, "account.unknown"), &["`adit`", "did you mean `audit`?", "`--project`"]);
    for usage in ["trust", "trust prod --project web --principal *", "trust --for lambda"] {
        assert_eq!(account(&installation, usage).code, Some(2), "{usage}");
    }
}

#[test]
fn services_take_roles_under_their_own_names() {
    let installation = installation();
    let principals = |arguments: &str| {
        let policy = document(&installation, &format!("trust --for {arguments}"));
        let statements = policy["Statement"].as_array().unwrap().clone();
        statements.into_iter().map(|statement| statement["Principal"]["Service"].clone()).collect::<Vec<_>>()
    };
    let all =
        ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "ecs.amazonaws.com", "application-autoscaling.amazonaws.com"];
    assert_eq!(principals("ec2,ecs-tasks,ecs-service,ecs-autoscaling,ec2"), all, "each once");
    assert_eq!(principals("ec2 --partition aws-cn"), ["ec2.amazonaws.com.cn"]);
    assert_eq!(principals("ec2 china --project web"), ["ec2.amazonaws.com.cn"]);
    let bound = document(&installation, "trust --for ecs-tasks --principal 111122223333");
    assert_eq!(bound["Statement"][0]["Condition"], json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}));
}
