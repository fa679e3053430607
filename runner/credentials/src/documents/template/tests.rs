use std::time::Duration;

use windlass_settings::{Account, Role, Source};

use super::*;
use crate::testing::{account, account_name, chain, role, settings};
use crate::{Permissions, trust};

fn managed(arn: &str, duration: u64) -> Account {
    let role = Role { duration: Duration::from_secs(duration), ..role(arn, Some("windlass-7f3a")) };
    Account { role: Some(role), source: Source::Profile("ops".to_owned()), ..account("prod") }
}

#[test]
fn the_role_has_the_name_path_and_duration_that_the_account_says() {
    let identity = Identity::parse("111122223333").unwrap();
    for (arn, duration, wanted) in [
        ("arn:aws:iam::444455556666:role/ops/eu/Reader", 7200, ("Reader", "/ops/eu/", 7200)),
        ("arn:aws:iam::444455556666:role/Reader", 900, ("Reader", "/", 3600)),
    ] {
        let chain = chain(&managed(arn, duration));
        let trust = trust(&chain, Some(&identity)).unwrap();
        let template = managed_side(&chain, trust, Permissions::default().policy()).unwrap();
        let template = serde_json::to_value(template).unwrap();
        let role = &template["Resources"]["WindlassRole"];
        assert_eq!(role["Type"], "AWS::IAM::Role");
        let properties = &role["Properties"];
        assert_eq!(properties["RoleName"], wanted.0);
        assert_eq!(properties["Path"], wanted.1);
        assert_eq!(properties["MaxSessionDuration"], wanted.2);
    }
}

#[test]
fn the_policy_is_attached_to_whom_it_is_for() {
    let chain = chain(&managed("arn:aws:iam::444455556666:role/Reader", 3600));
    for (identity, roles, users) in [
        (Some("arn:aws:iam::111122223333:role/ops/Windlass"), json!(["Windlass"]), Value::Null),
        (Some("arn:aws:iam::111122223333:user/windlass"), Value::Null, json!(["windlass"])),
        (Some("111122223333"), Value::Null, Value::Null),
        (None, Value::Null, Value::Null),
    ] {
        let identity = identity.map(|text| Identity::parse(text).unwrap());
        let template = serde_json::to_value(managing_side(&chain, identity.as_ref()).unwrap()).unwrap();
        let resource = &template["Resources"]["WindlassAssumeRole"];
        assert_eq!((&resource["Properties"]["Roles"], &resource["Properties"]["Users"]), (&roles, &users));
        assert_eq!((&resource["Condition"], &template["Conditions"]), (&Value::Null, &Value::Null));
    }
}

#[test]
fn each_hop_has_a_policy_in_its_own_aws_account() {
    let hub = managed("arn:aws:iam::444455556666:role/ops/Hub", 3600);
    let source = Source::Account(account_name("prod"));
    let role = Some(role("arn:aws:iam::777788889999:role/Reader", None));
    let leaf = Account { source, role, ..account("leaf") };
    let chain = settings(vec![hub, leaf.clone()], Vec::new()).chain(&leaf).unwrap();
    let identity = Identity::parse("arn:aws:iam::111122223333:user/windlass").unwrap();
    let template = serde_json::to_value(managing_side(&chain, Some(&identity)).unwrap()).unwrap();
    let [first, second] = ["WindlassAssumeRole", "WindlassAssumeRole2"].map(|name| &template["Resources"][name]);
    let may = |resource: &Value| resource["Properties"]["PolicyDocument"]["Statement"][0]["Resource"].clone();
    assert_eq!(may(first), "arn:aws:iam::444455556666:role/ops/Hub");
    assert_eq!(first["Properties"]["Users"], json!(["windlass"]));
    assert_eq!(may(second), "arn:aws:iam::777788889999:role/Reader");
    assert_eq!(second["Properties"]["Roles"], json!(["Hub"]));
    for (resource, account) in [(first, "111122223333"), (second, "444455556666")] {
        let condition = &template["Conditions"][resource["Condition"].as_str().unwrap()];
        assert_eq!(condition, &json!({"Fn::Equals": [{"Ref": "AWS::AccountId"}, account]}));
    }
    assert!(managing_side(&chain, None).is_err(), "nothing says where the first hop begins");
}
