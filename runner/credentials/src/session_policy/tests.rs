use serde_json::{Value, json};

use super::*;
use crate::testing::role;

const READER: &str = "arn:aws:iam::111122223333:role/Reader";

fn groups(names: impl IntoIterator<Item = String>) -> Permissions {
    let mut permissions = Permissions::default();
    let arn = |name: String| format!("arn:aws:logs:eu-west-1:111122223333:log-group:{name}:*");
    permissions.add("logs:StartQuery", names.into_iter().map(arn));
    permissions.add_everywhere("logs:GetQueryResults");
    permissions
}

fn document(policy: SessionPolicy) -> Value {
    let SessionPolicy::Inline(text) = policy else { panic!("{policy:?}") };
    assert!(text.len() <= LONGEST);
    serde_json::from_str(&text).unwrap()
}

fn resources(policy: &Value) -> Vec<&str> {
    let of = policy["Statement"].as_array().unwrap().iter().find(|it| it["Action"] == "logs:StartQuery").unwrap();
    match &of["Resource"] {
        Value::String(one) => vec![one],
        many => many.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect(),
    }
}

#[test]
fn says_what_is_declared_and_nothing_else() {
    let policy = document(SessionPolicy::of(&role(READER, None), &groups(["/web/a".to_owned()])).unwrap());
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/web/a:*";
    let wanted = json!([
        {"Effect": "Allow", "Action": "logs:GetQueryResults", "Resource": "*"},
        {"Effect": "Allow", "Action": "logs:StartQuery", "Resource": arn},
    ]);
    assert_eq!(policy["Statement"], wanted);
}

#[test]
fn nothing_narrows_what_declares_nothing_or_may_not_be_narrowed() {
    let mut open = role(READER, None);
    assert_eq!(SessionPolicy::of(&open, &Permissions::default()), Ok(SessionPolicy::None));
    open.narrowing = Narrowing::Off;
    assert_eq!(SessionPolicy::of(&open, &groups(["/web/a".to_owned()])), Ok(SessionPolicy::None));
}

#[test]
fn too_many_resources_share_prefixes_that_cover_each_of_them() {
    let names = |team: usize| (0..40).map(move |n| format!("/team-{team}/service-{n:02}/access"));
    let all: Vec<String> = (0..3).flat_map(names).collect();
    let policy = document(SessionPolicy::of(&role(READER, None), &groups(all.clone())).unwrap());
    let patterns = resources(&policy);
    for name in all {
        let arn = format!("arn:aws:logs:eu-west-1:111122223333:log-group:{name}:*");
        let covered = |pattern: &&str| pattern.strip_suffix('*').is_some_and(|start| arn.starts_with(start));
        assert!(patterns.iter().any(covered), "{arn} in {patterns:?}");
    }
    assert!(patterns.iter().all(|pattern| pattern.contains(":log-group:/team-")), "{patterns:?}");
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 2, "no action was added");
}

#[test]
fn what_has_nothing_in_common_takes_managed_policies_or_fails() {
    let all: Vec<String> = (b'a'..=b'z').map(|letter| format!("{}{}", letter as char, "x".repeat(100))).collect();
    let mut role = role(READER, None);
    assert!(SessionPolicy::of(&role, &groups(all.clone())).unwrap_err().characters > LONGEST);
    let arn = "arn:aws:iam::aws:policy/CloudWatchLogsReadOnlyAccess".to_owned();
    role.narrowing = Narrowing::Declared { otherwise: vec![arn.clone()] };
    assert_eq!(SessionPolicy::of(&role, &groups(all)), Ok(SessionPolicy::Managed([arn].into())));
}

#[test]
fn a_prefix_ends_in_no_escape_and_names_more_than_a_kind() {
    let arn = |name: &str| format!("arn:aws:logs:eu-west-1:1:log-group:{name}");
    assert_eq!(prefix(&arn("/a${*}b"), &arn("/a${?}b")), Some(arn("/a").as_str()));
    assert_eq!(prefix(&arn("abc"), &arn("xyz")), None);
    assert_eq!(prefix(&arn("abc"), &arn("abd")), Some(arn("ab").as_str()));
    assert_eq!(prefix("arn:aws:s3:::one", "arn:aws:s3:::other"), None, "the kind is all that they share");
}
