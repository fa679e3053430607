//! Mounts on Secrets Manager and Parameter Store of a ministack that checks signatures and rights.

use super::set;
use crate::ground::standins;
use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};
use windlass_tests::leaks::{Search, Secret};
use windlass_tests::seeded::UserKey;

/// Two mounts of project `web` and one of the system, read by a key that lies in key storage. `lost` may read no secret.
fn installation() -> Installation {
    let (standins, seeded) = (standins(), &standins().seeded);
    let (url, region) = (standins.services_url(), &seeded.region);
    let key = |user: &UserKey, path: &str| {
        format!("{{access-key: {{accessKeyId: {}, secretAccessKey: {path}}}}}", user.access_key_id)
    };
    let installation = Installation::new(&format!(
        "accounts:
  - {{name: reader, source: {reader}}}
  - {{name: operator, accountId: {managing}, source: {operator}, defaultRegion: {region}}}
projects:
  - name: web
    defaultAccount: operator
    accounts:
      - {{name: lost, source: {lost}}}
      - {{name: powerless, source: {assuming}, assumeRole: '{powerless}', externalId: {id}}}
keyMounts:
  - {{path: keys/aws, secretsManager: {{account: reader, region: {region}, prefix: windlass/}}}}
  - {{path: keys/project/web/aws, secretsManager: {{account: reader, region: {region}, prefix: windlass/}}}}
  - {{path: keys/project/web/ssm, parameterStore: {{account: reader, region: {region}, prefix: /windlass/}}}}
  - {{path: keys/project/web/all, secretsManager: {{account: reader, region: {region}}}}}
  - {{path: keys/project/web/lost, secretsManager: {{account: lost, region: {region}, prefix: windlass/}}}}
  - {{path: keys/project/web/powerless, parameterStore: {{account: powerless, region: {region}, prefix: /windlass/}}}}
endpoints: {{sts: '{url}', secretsmanager: '{url}', ssm: '{url}'}}
",
        reader = key(&seeded.secrets_user, "keys/reader"),
        operator = key(&seeded.operator_user, "keys/aws/operator"),
        managing = seeded.managing_account,
        lost = key(&seeded.reader_user, "keys/project/web/own"),
        assuming = key(&seeded.operator_user, "keys/project/web/operator"),
        powerless = seeded.powerless_role,
        id = seeded.external_id,
    ));
    installation.set_key("keys/reader", &seeded.secrets_user.secret_access_key);
    installation.set_key("keys/project/web/own", &seeded.reader_user.secret_access_key);
    installation.set_key("keys/project/web/operator", &seeded.operator_user.secret_access_key);
    installation
}

/// Runs a step that says how long the secret at this path is, and that it is not another.
fn run(installation: &Installation, path: &str, expected: &str) -> Ended {
    let script = "[ \"$(rev $IT_FILE)\" = \"$BACKWARDS\" ] && echo same; cat $IT_FILE; wc -c < $IT_FILE";
    let backwards: String = expected.chars().rev().collect();
    let with = json!({"script": script, "secrets": {"IT": path}, "env": {"BACKWARDS": backwards}, "output": "lines"});
    installation.job(&format!("steps: {}\n", json!([{"id": "it", "uses": "shell/script", "with": with}])));
    installation.run_job(&["--output", "json"])
}

#[track_caller]
fn reaches(installation: &Installation, path: &str, expected: &str) -> Ended {
    let ended = run(installation, path, expected);
    let result: Value = serde_json::from_str(ended.ok()).unwrap();
    let lines = &result["steps"][0]["outputs"]["lines"];
    assert_eq!(lines, &json!(["same", format!("[masked]{}", expected.len())]), "{path}");
    ended
}

#[test]
fn what_is_mounted_reaches_a_step_and_is_kept_nowhere() {
    let (installation, seeded) = (installation(), &standins().seeded);
    let (password, token) = (seeded.password.as_str(), seeded.token.as_str());
    let ended = [
        reaches(&installation, "keys/project/web/aws/db/password", password),
        reaches(&installation, "keys/project/web/aws/db/binary", password),
        reaches(&installation, "keys/project/web/ssm/web/token", token),
    ];
    let search = Search::new(&[Secret::new("the password", password), Secret::new("the token", token)]);
    let shown = ended.iter().flat_map(|ended| search.bytes("output", format!("{ended:?}").as_bytes()));
    let mut finds: Vec<_> = shown.collect();
    finds.extend(search.folder(installation.folder(), &[]).unwrap());
    finds.extend(search.database(&installation.folder().join("data/windlass.db")).unwrap());
    assert_eq!(finds, []);
    let paths = installation.database("SELECT path FROM secret ORDER BY path");
    assert_eq!(json!(paths), json!([["keys/project/web/operator"], ["keys/project/web/own"], ["keys/reader"]]));
}

#[test]
fn an_account_has_its_secret_below_a_mount() {
    let installation = installation();
    installation.job("steps: [{id: who, uses: sts/caller-identity}]\n");
    let ended = installation.run_job(&["--output", "json"]);
    let result: Value = serde_json::from_str(ended.ok()).unwrap();
    assert_eq!(result["steps"][0]["outputs"]["arn"], standins().seeded.operator_user.arn);
}

#[test]
fn lists_show_what_aws_lists() {
    let installation = installation();
    let list = |more: &[&str]| -> Vec<Value> {
        let ended = installation.run(&[&["key", "list", "--output", "json"], more].concat());
        serde_json::from_str(ended.ok()).unwrap()
    };
    let paths = |more: &[&str]| -> Vec<String> {
        list(more).iter().map(|entry| entry["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths(&["keys/aws"]), ["keys/aws/db/", "keys/aws/operator"]);
    assert_eq!(paths(&["keys/aws/db/"]), ["keys/aws/db/binary", "keys/aws/db/password"]);
    assert_eq!(
        paths(&["--recursive", "keys/aws"]),
        ["keys/aws/db/binary", "keys/aws/db/password", "keys/aws/operator"]
    );
    assert_eq!(paths(&["--recursive", "keys/project/web/ssm"]), ["keys/project/web/ssm/web/token"]);
    let all = paths(&["--recursive", "keys/project/web/all"]);
    assert!(all.contains(&"keys/project/web/all/other/db".to_owned()), "{all:?}");

    let above = list(&["--recursive"]);
    let mounts: Vec<&Value> = above.iter().filter(|it| it["kind"] == "mount").map(|it| &it["path"]).collect();
    let below_web = ["all", "aws", "lost", "powerless", "ssm"].map(|name| format!("keys/project/web/{name}/"));
    assert_eq!(json!(mounts), json!([&["keys/aws/".to_owned()], &below_web[..]].concat()));

    let parameter = list(&["keys/project/web/ssm/web"]).remove(0);
    assert_eq!((&parameter["version"], &parameter["created"]), (&json!(1), &Value::Null));
    assert_eq!((&parameter["mount"], &parameter["kind"]), (&json!("keys/project/web/ssm"), &json!("password")));
    let shown = installation.run(&["key", "show", "keys/aws/db/password", "--output", "json"]);
    let shown: Value = serde_json::from_str(shown.ok()).unwrap();
    assert!(shown["created"].as_str().is_some_and(|time| time.starts_with("20")), "{shown}");
    assert_eq!((&shown["path"], &shown["mount"]), (&json!("keys/aws/db/password"), &json!("keys/aws")));
    assert_names(installation.run(&["key", "list", "keys/aws"]).ok(), &["keys/aws/db/", "keys/aws/operator"]);
    let table = installation.run(&["key", "list"]);
    assert_names(table.ok(), &["keys/aws/", "mount"]);
}

#[test]
fn what_is_mounted_is_only_read() {
    let installation = installation();
    let ended = set(&installation, &["keys/aws/new"], "never stored");
    let error = ended.failed(6, "key.mounted").to_owned();
    assert_names(&error, &["`keys/aws/new`", "the mount `keys/aws`", "`keyMounts`"]);
    let ended = installation.run(&["key", "delete", "keys/aws/operator", "--yes"]);
    assert_names(ended.failed(6, "key.mounted"), &["`keys/aws/operator`", "the mount `keys/aws`"]);
    assert_eq!(installation.database("SELECT path FROM secret WHERE path LIKE 'keys/aws%'"), Vec::<Vec<Value>>::new());
}

#[test]
fn who_may_not_read_is_told_what_it_takes() {
    let installation = installation();
    let ended = run(&installation, "keys/project/web/lost/db/password", "");
    let names = [
        "`keys/project/web/lost/db/password`",
        "mount `keys/project/web/lost`",
        "Secrets Manager in us-east-1",
        "account `lost` of project `web`",
        "secret `windlass/db/password`",
        "AccessDeniedException",
        "allow the identity of account `lost` `secretsmanager:GetSecretValue` on `windlass/db/password`",
        "`kms:Decrypt`",
    ];
    assert_names(ended.failed(6, "key.mount-refused"), &names);
    let ended = installation.run(&["key", "list", "keys/project/web/lost"]);
    assert_names(ended.failed(6, "key.mount-refused"), &["`secretsmanager:ListSecrets` on `*`"]);
}

#[test]
fn the_role_of_a_mount_has_a_session_of_its_own() {
    let (installation, seeded) = (installation(), &standins().seeded);
    let ended = run(&installation, "keys/project/web/powerless/web/token", "");
    let error = ended.failed(6, "key.mount-refused");
    let allow = format!("allow the role `{}` `ssm:GetParameter`", seeded.powerless_role);
    assert_names(error, &["WindlassPowerless/windlass-web-keys", "parameter `/windlass/web/token`", &allow]);
}

#[test]
fn a_secret_that_is_not_in_aws() {
    let installation = installation();
    for (path, noun, name) in [
        ("keys/project/web/aws/db/nothing", "secret", "windlass/db/nothing"),
        ("keys/project/web/ssm/web/nothing", "parameter", "/windlass/web/nothing"),
    ] {
        let ended = run(&installation, path, "");
        let there_is_none = format!("there is no {noun} `{name}`");
        assert_names(ended.failed(6, "key.not-found"), &[path, &there_is_none, "account `reader` of the system"]);
        let shown = installation.run(&["key", "show", path]);
        assert_names(shown.failed(6, "key.not-found"), &[&there_is_none]);
    }
}

#[test]
fn a_mounts_account_without_its_secret() {
    let installation = installation();
    installation.run(&["key", "delete", "keys/reader", "--yes"]).ok();
    let ended = run(&installation, "keys/project/web/aws/db/password", "");
    let names = ["mount `keys/project/web/aws`", "account `reader` of the system", "`windlass key set keys/reader`"];
    assert_names(ended.failed(6, "key.not-found"), &names);
}
