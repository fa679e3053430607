use serde_json::{Value, json};
use windlass_errors::Report as _;

use super::*;
use crate::testing::{account, role};

const WINDLASS: &str = "arn:aws:iam::111122223333:role/Windlass";

/// A policy of one statement; each `with` replaces or adds a member.
fn policy(with: &Value) -> String {
    let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": WINDLASS}, "Action": "sts:AssumeRole"});
    for (key, value) in with.as_object().unwrap() {
        statement[key] = value.clone();
    }
    if with.get("NotPrincipal").is_some() {
        statement.as_object_mut().unwrap().remove("Principal");
    }
    if with.get("NotAction").is_some() {
        statement.as_object_mut().unwrap().remove("Action");
    }
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn principal(principal: &Value) -> String {
    policy(&json!({ "Principal": principal }))
}

fn condition(condition: &Value) -> String {
    policy(&json!({ "Condition": condition }))
}

#[track_caller]
fn names(text: &str, external_id: Option<&str>) -> Vec<&'static str> {
    let policy = TrustPolicy::read("`trust.json`", text.as_bytes()).unwrap();
    let role = role("arn:aws:iam::444455556666:role/Reader", external_id);
    let account = Account { role: Some(role), ..account("prod") };
    let findings = policy.findings(external_id.map(|_| &account));
    findings.iter().map(|finding| finding.kind.name()).collect()
}

#[test]
fn a_role_a_user_an_account_and_a_session_may_be_named() {
    for named in [
        WINDLASS,
        "arn:aws:iam::111122223333:role/ops/Windlass",
        "arn:aws-cn:iam::111122223333:user/windlass",
        "arn:aws-us-gov:iam::111122223333:root",
        "111122223333",
        "arn:aws:sts::111122223333:assumed-role/Windlass/i-0abc",
    ] {
        assert_eq!(names(&principal(&json!({ "AWS": named })), None), [""; 0], "{named}");
    }
    let services = json!({"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]});
    assert_eq!(names(&principal(&services), Some("windlass-7f3a")), [""; 0], "a service sends no external ID");
}

#[test]
fn everybody_is_refused_in_every_spelling() {
    for everybody in [json!("*"), json!({"AWS": "*"}), json!({"AWS": [WINDLASS, "*"]}), json!({"AWS": " * "})] {
        assert_eq!(names(&principal(&everybody), None), ["everybody"], "{everybody}");
    }
    let narrowed = json!({"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}});
    assert_eq!(names(&policy(&narrowed), None), ["everybody"]);
}

#[test]
fn a_pattern_in_a_principal_is_refused() {
    for (pattern, name) in [
        ("arn:*:iam::*:root", "wildcard-account"),
        ("arn:aws:iam::*:role/Windlass", "wildcard-account"),
        ("arn:aws:iam::1111222233*:root", "wildcard-account"),
        ("arn:aws:iam::11112222333?:root", "wildcard-account"),
        ("arn:*:iam::111122223333:root", "wildcard-principal"),
        ("arn:aws:iam::111122223333:role/*", "wildcard-principal"),
        ("1111222233*", "wildcard-principal"),
    ] {
        for principal_of in [json!({ "AWS": pattern }), json!({"AWS": [WINDLASS, pattern]})] {
            assert_eq!(names(&principal(&principal_of), None), [name], "{pattern}");
        }
    }
    for other in [json!({"Service": "*.amazonaws.com"}), json!({"Federated": "*"})] {
        assert_eq!(names(&principal(&other), None), ["wildcard-principal"]);
    }
}

#[test]
fn a_principal_that_nobody_can_tell_is_refused() {
    for (unclear, name) in [
        ("AROAEXAMPLEEXAMPLE123", "deleted-principal"),
        ("windlass", "unknown-principal"),
        ("${aws:PrincipalArn}", "unknown-principal"),
        ("arn:aws:iam::11112222333:root", "unknown-principal"),
        ("arn:aws-xx:iam::111122223333:root", "unknown-principal"),
        ("arn:aws:iam::111122223333:role/", "unknown-principal"),
        ("arn:aws:iam::111122223333:rooted", "unknown-principal"),
    ] {
        assert_eq!(names(&principal(&json!({ "AWS": unclear })), None), [name], "{unclear}");
    }
    assert_eq!(names(&principal(&json!(WINDLASS)), None), ["unknown-principal"]);
}

#[test]
fn all_but_some_is_refused() {
    assert_eq!(names(&policy(&json!({"NotPrincipal": {"AWS": WINDLASS}})), None), ["not-principal"]);
    let denied = json!({"Effect": "Deny", "NotPrincipal": {"AWS": WINDLASS}});
    assert_eq!(names(&policy(&denied), None), ["not-principal"]);
    let not_action = policy(&json!({"NotAction": "sts:TagSession"}));
    assert_eq!(names(&not_action, Some("windlass-7f3a")), ["not-action", "no-external-id"]);
}

#[test]
fn who_is_denied_may_be_everybody() {
    let without_id = json!({"Effect": "Deny", "Principal": "*", "Condition": {"Null": {"sts:ExternalId": "true"}}});
    assert_eq!(names(&policy(&without_id), Some("windlass-7f3a")), [""; 0]);
}

#[test]
fn the_external_id_of_the_account_must_be_asked_for() {
    let id = Some("windlass-7f3a");
    for sound in [
        json!({"StringEquals": {"sts:ExternalId": "windlass-7f3a"}}),
        json!({"StringEquals": {"STS:externalid": ["windlass-7f3a"]}}),
        json!({"StringLike": {"sts:ExternalId": "windlass-7f3a"}}),
        json!({"StringEquals": {"sts:ExternalId": "windlass-7f3a"}, "StringLike": {"sts:ExternalId": "*"}}),
    ] {
        assert_eq!(names(&condition(&sound), id), [""; 0], "{sound}");
    }
    assert_eq!(names(&policy(&json!({})), id), ["no-external-id"]);
    for action in [json!("sts:*"), json!("*"), json!(["sts:TagSession", "STS:ASSUMEROLE"])] {
        assert_eq!(names(&policy(&json!({ "Action": action })), id), ["no-external-id"], "{action}");
    }
    assert_eq!(names(&policy(&json!({"Action": "sts:TagSession"})), id), [""; 0]);
    let elsewhere = json!({"StringEquals": {"aws:PrincipalOrgID": "windlass-7f3a"}});
    assert_eq!(names(&condition(&elsewhere), id), ["no-external-id"]);
    for others in [json!(["windlass-7f3a", "other"]), json!("other"), json!([])] {
        let others = json!({"StringEquals": {"sts:ExternalId": others}});
        assert_eq!(names(&condition(&others), id), ["other-external-id"], "{others}");
    }
}

#[test]
fn a_condition_that_binds_nothing_is_refused() {
    for (operator, value) in [
        ("StringLike", json!("*")),
        ("StringLike", json!("windlass-*")),
        ("StringLike", json!(["windlass-7f3a", "?*"])),
        ("StringEquals", json!("${sts:ExternalId}")),
        ("StringEqualsIfExists", json!("windlass-7f3a")),
        ("StringLikeIfExists", json!("windlass-7f3a")),
        ("ForAnyValue:StringEquals", json!("windlass-7f3a")),
        ("ForAllValues:StringEquals", json!("windlass-7f3a")),
        ("ForAnyValue:StringLike", json!("*")),
        ("StringNotEquals", json!("windlass-7f3a")),
        ("StringEqualsIgnoreCase", json!("windlass-7f3a")),
        ("Null", json!(false)),
        ("Bool", json!("windlass-7f3a")),
    ] {
        let text = condition(&json!({ operator: {"sts:ExternalId": value} }));
        for account in [Some("windlass-7f3a"), None] {
            assert_eq!(names(&text, account), ["vain-external-id"], "{operator} {value}");
        }
    }
}

#[test]
fn each_statement_is_looked_at() {
    let text = json!({"Statement": [
        {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": WINDLASS}, "Action": "sts:AssumeRole"},
        {"Sid": "Others", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    ]});
    let found = TrustPolicy::read("`x`", text.to_string().as_bytes()).unwrap().findings(None);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert!(finding.to_string().starts_with("statement 2 (`Others`): the principal `*` is everybody: "), "{finding}");
    let json = serde_json::to_value(finding).unwrap();
    assert_eq!((&json["statement"], &json["sid"], &json["kind"]), (&json!(2), &json!("Others"), &json!("everybody")));
    assert!(json["why"].is_string() && json["remedy"].is_string());
}

#[test]
fn the_encoded_form_is_the_same_policy() {
    let sound = condition(&json!({"StringEquals": {"sts:ExternalId": "a+b"}}));
    let bytes = percent_encoding::utf8_percent_encode(&sound, percent_encoding::NON_ALPHANUMERIC).to_string();
    assert_eq!(names(&bytes, Some("a+b")), [""; 0]);
    assert_eq!(names(&bytes.replace("%2B", "+"), Some("a+b")), [""; 0], "a `+` is no blank");
    let blank = bytes.replace("%2B", "%20");
    assert_eq!(names(&blank, Some("a+b")), ["other-external-id"]);
}

#[test]
fn what_readers_could_take_in_two_ways_is_refused() {
    let good = r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole""#;
    for (text, why) in [
        (format!(r#"{{"Statement": {{{good}, "Principal": {{"AWS": "*"}}}}}}"#), "duplicate field `Principal`"),
        (r#"{"Statement": [], "Statement": []}"#.to_owned(), "duplicate field `Statement`"),
        (format!(r#"{{"Statement": {{{good}, "principal": "*"}}}}"#), "unknown field `principal`"),
        (format!(r#"{{"Statement": {{{good}, "Resource": "*"}}}}"#), "unknown field `Resource`"),
        (
            format!(
                r#"{{"Statement": {{{good}, "Condition": {{"StringEquals": {{"sts:ExternalId": "a"}}, "StringEquals": {{}}}}}}}}"#
            ),
            "the key `StringEquals` is given twice",
        ),
        (
            format!(
                r#"{{"Statement": {{{good}, "Condition": {{"StringEquals": {{"sts:ExternalId": "a", "STS:ExternalId": "b"}}}}}}}}"#
            ),
            "the key `STS:ExternalId` is given twice",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Principal": {"AWS": "a", "AWS": "*"}, "Action": "*"}}"#.to_owned(),
            "duplicate field `AWS`",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Principal": {"aws": "*"}, "Action": "*"}}"#.to_owned(),
            "unknown field `aws`",
        ),
        (
            r#"{"Statement": {"Effect": "allow", "Principal": "*", "Action": "*"}}"#.to_owned(),
            "unknown variant `allow`",
        ),
        (r#"{"Statement": {"Effect": "Allow", "Action": "*"}}"#.to_owned(), "statement 1 has no `Principal`"),
        (r#"{"Statement": {"Effect": "Allow", "Principal": "*"}}"#.to_owned(), "statement 1 has no `Action`"),
        (format!(r#"{{"Statement": {{{good}, "NotPrincipal": "*"}}}}"#), "both `Principal` and `NotPrincipal`"),
        (format!(r#"{{"Version": "2020-01-01", "Statement": {{{good}}}}}"#), "unknown variant `2020-01-01`"),
        (format!(r#"{{"Statement": {{{good},}}}}"#), "trailing comma"),
        (format!(r#"{{"Statement": {{{good}}}}} {{}}"#), "trailing characters"),
        ("%7B%22Statement%22%3A".to_owned(), "EOF"),
        ("%ff".to_owned(), "not in UTF-8"),
        (String::new(), "EOF"),
        (" ".repeat(65 * 1024), "longer than"),
        (r#"[null, null, []]"#.to_owned(), "expected an object"),
        (r#"{"Statement": [["Own", "Allow", "*", null, "*"]]}"#.to_owned(), "expected an object"),
        (format!("{{\"Statement\": {}", "[".repeat(2000)), "expected an object"),
    ] {
        let error = TrustPolicy::read("`trust.json`", text.as_bytes()).unwrap_err();
        assert_eq!(error.code().as_str(), "account.document-unreadable");
        assert!(error.to_string().contains(why), "{why}: {error}");
    }
}
