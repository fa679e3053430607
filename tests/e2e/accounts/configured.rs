//! Accounts that are refused as soon as the configuration is read, by whatever command, with line and column.

use crate::installation::{Installation, assert_names};
use serde_json::Value;

/// Any command refuses this account: the error points at `wrong`, the first occurrence of that text.
fn refused(account: &str, wrong: &str, words: &[&str]) {
    let installation =
        Installation::new(&format!("accounts:\n  - name: central\n    {}\n", account.replace('\n', "\n    ")));
    let place = installation.place_of(wrong);
    for arguments in [&["config", "show"][..], &["key", "list"], &["plugin", "list"]] {
        let ended = installation.run(arguments);
        let error = ended.failed(3, "config.invalid");
        assert!(error.starts_with(&format!("error[config.invalid]: {place}: ")), "{place}: {error}");
        assert_names(error, &[&format!("--> {place}\n"), "^"]);
        assert_names(error, words);
    }
}

const SOURCE: &str = "source: ec2-instance-role";

#[test]
fn an_account_id_of_eleven_digits() {
    refused(&format!("accountId: 11112222333\n{SOURCE}"), "11112222333", &["exactly twelve digits"]);
}

#[test]
fn a_role_of_another_account() {
    let role = "arn:aws:iam::444455556666:role/Reader";
    let account = format!("accountId: 111122223333\n{SOURCE}\nassumeRole: {role}");
    refused(&account, role, &["account 444455556666", "`accountId` is 111122223333"]);
}

#[test]
fn an_empty_external_id() {
    let account = format!("accountId: 111122223333\n{SOURCE}\nassumeRole: role/Reader\nexternalId: ''");
    refused(&account, "''", &["may not be empty"]);
}

#[test]
fn a_source_that_does_not_exist() {
    refused("source: ec2-instance-rol", "ec2-instance-rol", &["did you mean `ec2-instance-role`?"]);
}

/// YAML would read these digits as a number in the octal system, or without the zero.
#[test]
fn twelve_digits_that_begin_with_a_zero_need_no_quotes() {
    for written in ["012345678901", "'012345678901'", "\"012345678901\""] {
        let account = format!("{{name: central, accountId: {written}, {SOURCE}, assumeRole: role/Reader}}");
        let installation = Installation::new(&format!("accounts: [{account}]\nprojects: [{{name: web}}]\n"));
        let explained = installation.run(&["account", "explain", "central", "--project", "web", "--output", "json"]);
        let explained: Value = serde_json::from_str(explained.ok()).unwrap();
        assert_eq!(explained["accountId"], "012345678901", "{written}");
        assert_eq!(explained["hops"][1]["arn"], "arn:aws:iam::012345678901:role/Reader", "{written}");
    }
}
