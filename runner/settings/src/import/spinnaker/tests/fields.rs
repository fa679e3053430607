//! Field by field: whatever is set shows up, as a part of the account or as unused with its value.

use super::super::known::{ACCOUNT, AWS, ECS, ECS_ACCOUNT, Known, REGION};
use super::*;

/// What our account says of a key that is used. The value is what the file says.
fn used_of_account(key: &str) -> Option<(&'static str, &'static str, Value)> {
    Some(match key {
        "name" => ("prod", "name", json!("prod")),
        "accountId" => ("012345678901", "accountId", json!("012345678901")),
        "enabled" => ("true", "name", json!("prod")),
        "assumeRole" => ("role/own", "assumeRole", json!("arn:aws:iam::012345678901:role/own")),
        "externalId" => ("an-id", "externalId", json!("an-id")),
        "sessionName" => ("'own-{{name}}'", "sessionName", json!("own-prod")),
        "sessionDurationSeconds" => ("1800", "sessionDuration", json!("30m")),
        "regions" => ("[{name: eu-west-1}]", "regions", json!(["eu-west-1"])),
        _ => return None,
    })
}

fn used_of_block(key: &str) -> Option<(&'static str, &'static str, Value)> {
    Some(match key {
        "enabled" => ("true", "name", json!("prod")),
        "accounts" => return None,
        "defaultAssumeRole" => ("'role/{{name}}'", "assumeRole", json!("arn:aws:iam::012345678901:role/prod")),
        "defaultSessionName" => ("all", "sessionName", json!("all")),
        "defaultSessionDurationSeconds" => ("900", "sessionDuration", json!("15m")),
        "defaultRegions" => ("[{name: eu-west-1}]", "regions", json!(["eu-west-1"])),
        _ => return None,
    })
}

fn unused(imported: &Imported, key: &str) -> Value {
    let found: Vec<_> = imported.notes.iter().filter(|note| note.key == key).collect();
    let [note] = found[..] else { panic!("`{key}`: {found:?}") };
    assert_eq!(note.kind, NoteKind::Unused, "{note}");
    assert!(note.message.starts_with("it means nothing here; it ") && note.line > 0 && note.column > 0, "{note}");
    note.value.clone().unwrap()
}

#[test]
fn every_field_of_an_account_shows_up() {
    for Known { key, .. } in ACCOUNT {
        let (value, ours) = match used_of_account(key) {
            Some((value, ours, expected)) => (value, Some((ours, expected))),
            None => ("[{some: thing}]", None),
        };
        let base = [("name", "prod"), ("accountId", "012345678901"), ("assumeRole", "role/r")];
        let base = base.iter().filter(|(other, _)| other != key).map(|(key, value)| format!("{key}: {value}, "));
        let imported = imported(&format!("aws: {{accounts: [{{{} {key}: {value}}}]}}\n", base.collect::<String>()));
        match ours {
            Some((ours, expected)) => assert_eq!(imported.definition("prod")[ours], expected, "{key}"),
            None => {
                assert_eq!(unused(&imported, key), json!([{"some": "thing"}]), "{key}");
                assert_eq!(imported.accounts.len(), 1, "{key} stops nothing");
            }
        }
    }
}

#[test]
fn every_field_of_the_block_shows_up() {
    for known in AWS {
        let key = known.key;
        let accounts = "accounts: [{name: prod, accountId: 012345678901}]";
        let role = if key == "defaultAssumeRole" { "" } else { "defaultAssumeRole: role/r, " };
        let file = |value: &str| format!("aws: {{{role} {accounts}, {key}: {value}}}\n");
        match (used_of_block(key), key) {
            (Some((value, ours, expected)), _) => assert_eq!(imported(&file(value)).definition("prod")[ours], expected),
            (None, "accounts") => assert_eq!(imported(&format!("aws: {{{role} {accounts}}}")).accounts.len(), 1),
            (None, "accessKeyId" | "secretAccessKey") => {} // together, in a test of their own
            (None, _) if known.below.is_empty() => {
                assert_eq!(unused(&imported(&file("[1, x]")), &format!("aws.{key}")), json!([1, "x"]), "{key}");
            }
            (None, _) => {
                for below in known.below.iter().filter(|below| below.key != "useManagingAccountProfile") {
                    let imported = imported(&file(&format!("{{{}: 5}}", below.key)));
                    assert_eq!(unused(&imported, &format!("aws.{key}.{}", below.key)), json!(5));
                }
            }
        }
    }
}

#[test]
fn a_default_that_nobody_takes_is_unused() {
    let text = "aws:\n  defaultAssumeRole: role/d\n  defaultSessionName: d\n  defaultSessionDurationSeconds: 900\n  \
                defaultRegions: [{name: us-east-1, deprecated: true}]\n  accounts:\n    - {name: prod, accountId: 012345678901, assumeRole: \
                role/r, sessionName: own, sessionDurationSeconds: 1800, regions: [{name: eu-west-1}]}\n";
    let imported = imported(text);
    assert_eq!(unused(&imported, "aws.defaultAssumeRole"), json!("role/d"));
    assert_eq!(unused(&imported, "aws.defaultSessionName"), json!("d"));
    assert_eq!(unused(&imported, "aws.defaultSessionDurationSeconds"), json!(900));
    assert_eq!(unused(&imported, "aws.defaultRegions"), json!([{"name": "us-east-1", "deprecated": true}]));
    assert_eq!(imported.notes.len(), 4, "{:?}", imported.notes);
}

#[test]
fn every_field_of_a_region_shows_up() {
    for Known { key, .. } in REGION.iter().filter(|known| known.key != "name") {
        let imported = account(&format!("regions: [{{name: eu-west-1, {key}: [a]}}]"));
        assert_eq!(unused(&imported, &format!("regions.{key}")), json!(["a"]));
        assert_eq!(imported.definition("prod")["regions"], json!(["eu-west-1"]));
    }
}

#[test]
fn every_field_of_the_ecs_block_and_its_accounts_shows_up() {
    let aws = "aws: {accounts: [{name: prod, accountId: 012345678901, assumeRole: role/r}]}\n";
    for Known { key, .. } in ECS.iter().filter(|known| !["enabled", "accounts"].contains(&known.key)) {
        assert_eq!(unused(&imported(&format!("{aws}ecs: {{{key}: x}}\n")), &format!("ecs.{key}")), json!("x"));
    }
    let used = ["name", "awsAccount", "enabled"];
    for Known { key, .. } in ECS_ACCOUNT.iter().filter(|known| !used.contains(&known.key)) {
        let imported = imported(&format!("{aws}ecs: {{accounts: [{{name: e, awsAccount: prod, {key}: {{a: 1}}}}]}}\n"));
        assert_eq!(unused(&imported, key), json!({"a": 1}));
        assert_eq!(imported.definition("e")["source"], json!({"account": "prod"}));
    }
}

#[test]
fn a_label_is_used_where_a_template_names_it() {
    let imported = account("environment: live, accountType: '{{environment}}-x', sessionName: 's-{{accountType}}'");
    assert_eq!(imported.definition("prod")["sessionName"], json!("s-live-x"));
    assert_eq!((imported.kinds("environment"), imported.kinds("accountType")), (vec![], vec![]));
    let imported = account("environment: live, sessionName: 's-{{accountType}}'");
    assert_eq!(imported.definition("prod")["sessionName"], json!("s-prod"), "its default is the name");
    assert_eq!(unused(&imported, "environment"), json!("live"));
}

#[test]
fn a_profile_is_used_where_spinnaker_heeds_it() {
    let one = "accounts: [{name: prod, accountId: 012345678901, assumeRole: role/r, managingAccountProfile: cn}]";
    let heeded = imported(&format!("aws: {{loadAccounts: {{useManagingAccountProfile: true}}, {one}}}\n"));
    assert_eq!(heeded.definition("prod")["source"], json!({"profile": "cn"}));
    assert_eq!(
        (heeded.kinds("managingAccountProfile"), heeded.kinds("aws.loadAccounts.useManagingAccountProfile")),
        (vec![], vec![])
    );
    let not = imported(&format!("aws: {{{one}}}\n"));
    assert_eq!(not.definition("prod")["source"], json!({"account": "central"}));
    assert_eq!(unused(&not, "managingAccountProfile"), json!("cn"));
}

#[test]
fn the_value_of_an_unused_key_hides_what_is_secret() {
    let imported = account(&format!("lifecycleHooks: [{{password: hunter2, token: 5, a: {SECRET}}}]"));
    assert_eq!(unused(&imported, "lifecycleHooks"), json!([{"password": "***", "token": "***", "a": "***"}]));
}
