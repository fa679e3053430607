//! Mounts of key storage.

use windlass_errors::{Report as _, render};

use super::*;
use crate::MountedStore;

/// Of the system `central`, with a key; of project `web` `prod`, with the role of the instance, and `keyed`.
const ACCOUNTS: &str = "accounts:
  - name: central
    source: {access-key: {accessKeyId: AKIAEXAMPLE, secretAccessKey: keys/aws/own}}
    regions: [eu-west-1, us-east-1]
projects:
  - name: web
    accounts:
      - {name: prod, source: ec2-instance-role}
      - {name: keyed, source: {access-key: {accessKeyId: AKIAEXAMPLE, secretAccessKey: keys/project/web/aws/own}}}
  - {name: api}
";

fn load(mounts: &[&str]) -> Result<Settings, String> {
    let mounts: String = mounts.iter().map(|mount| format!("  - {mount}\n")).collect();
    let loaded = Sandbox::new(&with_header(&format!("{ACCOUNTS}keyMounts:\n{mounts}"))).load();
    loaded.map(|loaded| loaded.settings).map_err(|error| {
        assert_eq!(error.code().as_str(), "config.invalid");
        render(&error)
    })
}

#[track_caller]
fn refused(mounts: &[&str], words: &[&str]) {
    let error = load(mounts).unwrap_err();
    for words in words {
        assert!(error.contains(words), "{words} in {error}");
    }
}

const MOUNTED: &str = "secretsManager: {account: central, region: eu-west-1}";

#[test]
fn each_store_has_its_default_prefix() {
    let own = "{path: keys/project/web/db, parameterStore: {account: prod, region: eu-west-1}}";
    let settings = load(&[&format!("{{path: keys/db, {MOUNTED}}}"), own]).unwrap();
    let [first, second] = &settings.key_mounts[..] else { panic!("two") };
    assert_eq!((first.store, first.prefix.as_str()), (MountedStore::SecretsManager, ""));
    assert_eq!((second.store, second.prefix.as_str()), (MountedStore::ParameterStore, "/"));
    assert_eq!((second.account.as_str(), second.region.as_str(), second.place.line), ("prod", "eu-west-1", 15));
}

#[test]
fn a_mount_is_shown_with_its_place() {
    let text = with_header(&format!("{ACCOUNTS}keyMounts: [{{path: keys/db, {MOUNTED}}}]\n"));
    let loaded = Sandbox::new(&text).load().unwrap();
    let shown = loaded.shown().into_iter().find(|shown| shown.key == "keyMounts.keys/db").unwrap();
    let value = serde_json::json!({"secretsManager": {"account": "central", "region": "eu-west-1", "prefix": ""}});
    assert_eq!(shown.value, value);
    assert!(shown.origin.ends_with("windlass.yaml:13"), "{}", shown.origin);
}

#[test]
fn a_project_may_use_its_own_accounts_and_the_systems() {
    let of = |path: &str, account: &str| {
        load(&[&format!("{{path: {path}, secretsManager: {{account: {account}, region: eu-west-1}}}}")]).map(|_| ())
    };
    for (path, account) in [("keys/project/web/db", "prod"), ("keys/project/api/db", "central"), ("keys/db", "central")]
    {
        assert_eq!(of(path, account), Ok(()), "{path} {account}");
    }
    let error = of("keys/db", "prod").unwrap_err();
    assert!(error.contains("windlass.yaml:14:47: the system has not an account of this name"), "{error}");
    let error = of("keys/project/api/db", "prod").unwrap_err();
    assert!(error.contains("neither the project nor the system has an account of this name"), "{error}");
    let error = of("keys/project/wbe/db", "central").unwrap_err();
    assert!(error.contains("there is no project `wbe`") && error.contains("did you mean `web`?"), "{error}");
}

#[test]
fn what_a_mount_may_not_be() {
    let mount = |path: &str, rest: &str| format!("{{path: {path}, {rest}}}");
    let db = mount("keys/db", MOUNTED);
    refused(&[&mount("keys/project/web", MOUNTED)], &["windlass.yaml:14:12", "`keys/project/NAME/...`"]);
    refused(&[&mount("aws", MOUNTED)], &["begins with `keys/`"]);
    refused(&["{path: keys/db}"], &["14:12: a mount has one store"]);
    let both = format!("{MOUNTED}, {}", MOUNTED.replace("secretsManager", "parameterStore"));
    refused(&[&mount("keys/db", &both)], &["a mount has one store"]);
    refused(&[&db, &db], &["windlass.yaml:15:12: it meets the mount `keys/db` in line 14"]);
    refused(&[&db, &mount("keys/db/more", MOUNTED)], &["meets the mount `keys/db`"]);
    refused(&[&mount("keys/db/more", MOUNTED), &db], &["meets the mount `keys/db/more`"]);
    let of = |store: &str, rest: &str| mount("keys/db", &format!("{store}: {{account: central, {rest}}}"));
    refused(&[&of("secretsManager", "region: us-west-2")], &["`us-west-2` is not in the account's `regions`"]);
    refused(&[&of("secretsManager", "region: us_west")], &["a region is written like"]);
    refused(&[&of("secretsManager", "region: eu-west-1, prefix: 'a b'")], &["letters, digits and `/_+=.@-`"]);
    refused(&[&of("secretsManager", "region: eu-west-1, prefix: 'a//'")], &["`//` would be"]);
    for prefix in ["windlass/", "/windlass", "''"] {
        let rest = format!("region: eu-west-1, prefix: {prefix}");
        refused(&[&of("parameterStore", &rest)], &["begins and ends with `/`"]);
    }
    refused(&[&of("secretsManager", "region: eu-west-1, prefx: a")], &["did you mean `prefix`?"]);
}

#[test]
fn an_account_whose_secret_is_mounted_reads_no_mount() {
    let own = "windlass.yaml:14:48: account `central` is to read this mount, and its own secret `keys/aws/own` lies below \
               the mount `keys/aws`";
    let line = format!("{{path: keys/aws, {MOUNTED}}}");
    refused(&[&line], &[own, &line, "`windlass key set` at another path"]);
    // A loop of two, and a chain without an end of its own.
    let web = "{path: keys/project/web/aws, secretsManager: {account: prod, region: eu-west-1}}";
    let keyed = "{path: keys/project/web/db, secretsManager: {account: keyed, region: eu-west-1}}";
    refused(&[web, keyed], &["windlass.yaml:15", "account `keyed`", "lies below the mount `keys/project/web/aws`"]);
    assert!(load(&[web, "{path: keys/db, secretsManager: {account: central, region: eu-west-1}}"]).is_ok());
}
