//! Who opens the master key.

use windlass_errors::render;

use super::*;

const ACCOUNTS: &str = "accounts:
  - {name: machine, source: ec2-instance-role}
  - {name: vault, source: {account: machine}, assumeRole: 'arn:aws:iam::123456789012:role/vault'}
  - {name: keyed, source: {access-key: {accessKeyId: AKIAEXAMPLE, secretAccessKey: keys/own}}}
  - {name: round, source: {account: keyed}, assumeRole: 'arn:aws:iam::123456789012:role/vault'}
projects:
  - {name: web, accounts: [{name: own, source: ec2-instance-role}]}
";

fn load(account: &str) -> Result<Settings, String> {
    let loaded = Sandbox::new(&with_header(&format!("{ACCOUNTS}masterKeyAccount: {account}\n"))).load();
    loaded.map(|loaded| loaded.settings).map_err(|error| render(&error))
}

#[test]
fn one_that_starts_from_what_the_runner_is() {
    for account in ["machine", "vault"] {
        assert_eq!(load(account).unwrap().master_key_account.unwrap().as_str(), account);
    }
}

/// Its own secret would need the master key that it is to open.
#[test]
fn one_that_needs_key_storage_would_go_round() {
    for account in ["keyed", "round"] {
        let error = load(account).unwrap_err();
        let message = format!("account `{account}` takes a secret of key storage, which does not open without it");
        for words in [message.as_str(), "windlass.yaml:10:", "`ec2-instance-role`"] {
            assert!(error.contains(words), "{words} in {error}");
        }
    }
}

#[test]
fn one_of_a_project_or_of_the_database_is_none() {
    let error = load("own").unwrap_err();
    assert!(error.contains("the configuration has no account `own` of the system"), "{error}");
    assert!(load("machin").unwrap_err().contains("did you mean `machine`?"));
}
