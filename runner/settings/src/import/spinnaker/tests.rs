//! Whole blocks. What each key becomes is in `fields.rs`, and what others fell into in `pitfalls.rs`.

mod fields;
mod pitfalls;

use std::path::Path;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::*;
use crate::import::{NoteKind, Refused};
use crate::{Installation, Overrides, Source, load_for};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// An installation whose managing account is the role of its instance.
const INSTANCE: &str = "managingAccount: central\naccounts: [{name: central, source: ec2-instance-role}]\n";
/// One whose managing account may be a user.
const LAPTOP: &str = "managingAccount: central\naccounts: [{name: central, source: {profile: ops}}]\n";

fn settings(body: &str) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("windlass.yaml");
    std::fs::write(&file, format!("apiVersion: windlass/v1\nkind: Configuration\n{body}")).unwrap();
    let overrides = Overrides { config: Some(file), ..Overrides::default() };
    load_for(&Installation::detect(), &overrides, []).unwrap().settings
}

fn imported_into(body: &str, text: &str) -> Imported {
    import(Path::new("clouddriver.yml"), text, &settings(body)).unwrap()
}

fn imported(text: &str) -> Imported {
    imported_into(LAPTOP, text)
}

/// Accounts of `aws`, each with its number and a role, and what is added.
fn account(rest: &str) -> Imported {
    imported(&format!("aws: {{accounts: [{{name: prod, accountId: 012345678901, assumeRole: role/r, {rest}}}]}}\n"))
}

impl Imported {
    fn definition(&self, name: &str) -> Value {
        let found = self.accounts.iter().find(|account| account.name.as_str() == name);
        found.unwrap_or_else(|| panic!("no `{name}`: {:?}", self.refused)).definition()
    }

    fn why(&self, name: &str) -> String {
        let found: Vec<&Refused> = self.refused.iter().filter(|refused| refused.name == name).collect();
        let [refused] = found[..] else { panic!("`{name}` is refused {} times: {:?}", found.len(), self.accounts) };
        refused
            .problems
            .iter()
            .map(|problem| format!("{problem}; {}\n", problem.hint.as_deref().unwrap_or("")))
            .collect()
    }

    fn kinds(&self, key: &str) -> Vec<NoteKind> {
        self.notes.iter().filter(|note| note.key == key).map(|note| note.kind).collect()
    }
}

/// The example of Spinnaker's page on ECS, and that of `OpsMx`.
#[test]
fn the_example_of_the_documentation() {
    let text = "aws:\n  enabled: true\n\n  accounts:\n    - name: aws-account-name\n      accountId: \"123456789012\"\n      \
                regions:\n        - name: us-east-1\n  defaultAssumeRole: role/SpinnakerManaged\n\necs:\n  enabled: true\n  \
                accounts:\n    - name: ecs-account-name\n      awsAccount: aws-account-name\n";
    let imported = imported_into(INSTANCE, text);
    assert_eq!(imported.refused, []);
    assert_eq!(
        imported.definition("aws-account-name"),
        json!({
            "name": "aws-account-name", "accountId": "123456789012", "source": {"account": "central"},
            "assumeRole": "arn:aws:iam::123456789012:role/SpinnakerManaged", "sessionDuration": "1h",
            "sessionName": "windlass-{{project}}-{{job}}", "regions": ["us-east-1"],
        })
    );
    let ecs = json!({"name": "ecs-account-name", "source": {"account": "aws-account-name"}});
    assert_eq!(imported.definition("ecs-account-name"), ecs);
    assert_eq!(imported.accounts[0].place.to_string(), "clouddriver.yml:5:13");
    let notes: Vec<_> = imported.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "5:5: `aws.defaultSessionName`: without a name sessions are called `windlass-{{project}}-{{job}}` here, and \
             `Spinnaker` there",
            "5:5: `aws.defaultSessionDurationSeconds`: without a duration sessions last 1h here, and 15m there; they are \
             renewed in time",
        ]
    );
}

#[test]
fn a_definition_is_read_as_the_same() {
    let imported = account(
        "externalId: an-id, sessionName: 's-{{name}}', sessionDurationSeconds: 900, regions: [{name: eu-west-1}]",
    );
    let text = imported.definition("prod").to_string();
    let stored = crate::Stored { scope: Scope::System, name: "prod".parse().unwrap(), version: 1, text };
    let read = stored.read().unwrap();
    assert_eq!(read.definition(), imported.definition("prod"));
}

#[test]
fn an_access_key_of_the_block_is_what_the_accounts_start_from() {
    let text = format!(
        "aws:\n  accessKeyId: AKIAIOSFODNN7EXAMPLE\n  secretAccessKey: {SECRET}\n  accounts:\n    - {{name: prod, accountId: \
         123456789012, assumeRole: role/r, sessionDurationSeconds: 7200}}\n"
    );
    for body in ["", LAPTOP] {
        let imported = imported_into(body, &text);
        assert_eq!(imported.definition("prod")["source"], json!({"account": "spinnaker-managing"}));
        let key = json!({"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": "keys/spinnaker-managing"});
        assert_eq!(imported.definition("spinnaker-managing")["source"], json!({"access-key": key}));
        let [key] = &imported.keys[..] else { panic!("{:?}", imported.keys) };
        assert_eq!((key.path.as_str(), key.line, key.column), ("keys/spinnaker-managing", 3, 20));
        assert_eq!(key.secret.expose_secret(), SECRET);
        assert_eq!(imported.kinds("aws.secretAccessKey"), [NoteKind::Changed]);
        assert!(!format!("{imported:?}").contains(SECRET));
    }
}

#[test]
fn a_secret_may_be_a_path_already() {
    let imported = imported("aws: {accessKeyId: AKIAIOSFODNN7EXAMPLE, secretAccessKey: keys/aws/spinnaker}\n");
    assert!(imported.keys.is_empty());
    let source = &imported.accounts[0].source;
    assert!(matches!(source, Source::AccessKey(key) if key.secret.as_str() == "keys/aws/spinnaker"), "{source:?}");
}

#[test]
fn half_a_key_is_refused_and_so_is_who_needs_it() {
    for half in ["accessKeyId: AKIAIOSFODNN7EXAMPLE", "secretAccessKey: hunter2", "accessKeyId: '', secretAccessKey: x"]
    {
        let text =
            format!("aws: {{{half}, accounts: [{{name: prod, accountId: 123456789012, assumeRole: role/r}}]}}\n");
        let imported = imported(&text);
        assert!(imported.why("spinnaker-managing").contains("belong together"), "{half}");
        assert!(imported.why("prod").contains("`spinnaker-managing`, which is unusable"), "{half}");
        assert!(imported.keys.is_empty() && !format!("{imported:?}").contains("hunter2"), "{half}");
    }
    let empty = "aws: {accessKeyId: '', secretAccessKey: '', accounts: [{name: p, accountId: 123456789012, assumeRole: role/r}]}";
    assert_eq!(imported(empty).definition("p")["source"], json!({"account": "central"}), "both empty is none");
}

#[test]
fn without_a_managing_account_only_these_accounts_are_unusable() {
    let text = "aws:\n  accounts:\n    - {name: prod, accountId: 123456789012, assumeRole: role/r}\n    \
                - {name: china, accountId: 123456789012, assumeRole: role/r, managingAccountProfile: cn}\n  \
                loadAccounts: {useManagingAccountProfile: true}\n";
    let imported = imported_into("", text);
    let why = imported.why("prod");
    assert!(
        why.contains("clouddriver.yml:3:14: account `prod` has nothing to start from: `managingAccount` is not set"),
        "{why}"
    );
    assert_eq!(imported.definition("china")["source"], json!({"profile": "cn"}));
}

#[test]
fn a_managing_account_that_does_not_exist_is_named() {
    let text = "aws: {accounts: [{name: prod, accountId: 123456789012, assumeRole: role/r}]}\n";
    let why = imported_into("managingAccount: centrl\naccounts: [{name: central, source: ec2-instance-role}]\n", text)
        .why("prod");
    assert!(why.contains("starts from `centrl`, which does not exist; did you mean `central`?"), "{why}");
}

#[test]
fn what_is_not_enabled_is_left_out() {
    let one =
        |enabled: &str| format!("{{name: prod, accountId: 123456789012, assumeRole: role/r, enabled: {enabled}}}");
    let ecs = "ecs: {accounts: [{name: e, awsAccount: prod}]}\n";
    let imported = imported(&format!("aws: {{accounts: [{}]}}\n{ecs}", one("false")));
    assert!(imported.accounts.is_empty());
    assert_eq!(imported.kinds("enabled"), [NoteKind::LeftOut]);
    assert!(imported.why("e").contains("starts from `prod`, which is not enabled"));

    let imported = super::tests::imported(&format!("aws: {{enabled: false, accounts: [{}]}}\n{ecs}", one("true")));
    assert!(imported.accounts.is_empty());
    assert_eq!(imported.kinds("aws.enabled"), [NoteKind::LeftOut]);
    assert!(imported.why("e").contains("not enabled"));

    let off = "ecs: {enabled: false, accounts: [{name: e, awsAccount: prod}]}\n";
    let imported = super::tests::imported(&format!("aws: {{accounts: [{}]}}\n{off}", one("true")));
    assert_eq!((imported.accounts.len(), imported.kinds("ecs.enabled")), (1, vec![NoteKind::LeftOut]));
}

#[test]
fn what_only_spinnaker_can_resolve_is_told_and_never_guessed() {
    for (rest, key) in [
        ("externalId: '${EXTERNAL_ID:none}'", "externalId"),
        ("sessionName: 'encrypted:s3!b:x'", "sessionName"),
        ("sessionDurationSeconds: '${D:900}'", "sessionDurationSeconds"),
        ("regions: [{name: '${REGION:us-east-1}'}]", "regions.name"),
        ("enabled: '${ON:true}'", "enabled"),
    ] {
        let imported = account(rest);
        assert_eq!(imported.kinds(key), [NoteKind::Unresolved], "{rest}");
        assert!(imported.why("prod").contains("only Spinnaker can resolve"), "{rest}");
    }
    let one =
        "accounts: [{name: prod, accountId: 123456789012}, {name: own, accountId: 123456789012, assumeRole: role/r}]";
    let imported = imported(&format!("aws: {{defaultAssumeRole: '${{ROLE:role/r}}', {one}}}\n"));
    assert!(imported.why("prod").contains("`aws.defaultAssumeRole` is an expression"));
    assert_eq!(imported.accounts.len(), 1, "the other names its own");

    let key = format!("accessKeyId: AKIAIOSFODNN7EXAMPLE, secretAccessKey: 'encrypted:k8s!n:x', {one}");
    let imported = super::tests::imported(&format!("aws: {{{key}}}\n"));
    assert_eq!(imported.kinds("aws.secretAccessKey"), [NoteKind::Unresolved]);
    assert!(imported.why("own").contains("`spinnaker-managing`, which is unusable"));

    let whole = super::tests::imported(&format!("aws: {{enabled: '${{AWS_ENABLED:false}}', {one}}}\n"));
    assert!(whole.accounts.is_empty() && whole.why("own").contains("`aws.enabled` is an expression"));
    assert_eq!(whole.kinds("aws.enabled"), [NoteKind::Unresolved]);
}

#[test]
fn an_unknown_key_is_told_with_the_nearest() {
    let imported = imported(
        "aws:\n  defaultAssumRole: role/r\n  loadAccounts: {maxRetrys: 1}\n  accounts:\n    - name: prod\n      externalID: secret-value\n      \
         regions: [{nam: x, name: us-east-1}]\n",
    );
    let notes: Vec<_> = imported.notes.iter().filter(|note| note.kind == NoteKind::Unknown).collect();
    let told: Vec<_> =
        notes.iter().map(|note| (note.key.as_str(), note.line, note.column, note.value.is_some())).collect();
    assert_eq!(
        told,
        [
            ("aws.defaultAssumRole", 2, 3, false),
            ("aws.loadAccounts.maxRetrys", 3, 18, false),
            ("externalID", 6, 7, false),
            ("regions.nam", 7, 18, false),
        ]
    );
    assert!(notes[0].message.ends_with("did you mean `defaultAssumeRole`?"), "{}", notes[0]);
    assert_eq!(notes[2].account.as_deref(), Some("prod"));
}

#[test]
fn another_shape_stops_no_other_account() {
    let imported = imported(
        "aws:\n  accounts:\n    - prod\n    - {accountId: 123456789012}\n    - {name: [a]}\n    - {name: a b, accountId: 1, assumeRole: role/r}\n    \
         - {name: list, accountId: [1], assumeRole: {a: b}, regions: us-east-1}\n    - {name: good, accountId: 123456789012, assumeRole: role/r}\n\
         ecs: {accounts: [5, {name: e}, {awsAccount: good}, {name: x, awsAccount: good}]}\n",
    );
    let names: Vec<&str> = imported.accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names, ["good", "x"]);
    for (name, why) in [
        ("aws.accounts[0]", "expected keys with values"),
        ("aws.accounts[1]", "the key `name` is missing"),
        ("aws.accounts[2]", "expected a text"),
        ("a b", "a name consists of"),
        ("list", "expected a list"),
        ("ecs.accounts[0]", "expected keys with values"),
        ("e", "the key `awsAccount` is missing"),
        ("ecs.accounts[2]", "the key `name` is missing"),
    ] {
        assert!(imported.why(name).contains(why), "{name}: {}", imported.why(name));
    }
    for (text, name) in [
        ("aws: 5\n", "aws"),
        ("aws: {accounts: x}\n", "aws.accounts"),
        ("ecs: []\n", "ecs"),
        ("ecs: {accounts: {}}\n", "ecs.accounts"),
    ] {
        assert!(super::tests::imported(text).why(name).contains("expected"), "{text}");
    }
}

#[test]
fn other_blocks_are_passed_over_and_a_file_without_any_is_not() {
    let imported = imported("server: {port: 7002}\nkubernetes: {accounts: []}\naws:\necs: {accounts: []}\n");
    assert!(imported.accounts.is_empty() && imported.notes.is_empty() && imported.refused.is_empty());
    let error = import(Path::new("x.yml"), "server: {port: 1}\n", &settings("")).unwrap_err();
    assert!(error.to_string().contains("neither an `aws` nor an `ecs` block"), "{error}");
    let error =
        import(Path::new("x.yml"), &format!("aws: {{secretAccessKey: {SECRET}, a: b: c}}"), &settings("")).unwrap_err();
    assert!(!format!("{error} {}", error.snippet).contains(SECRET), "{}", error.snippet);
}

#[test]
fn what_the_file_defines_wins_and_what_the_database_has_is_replaced() {
    let text = "aws: {accounts: [{name: central, accountId: 123456789012, assumeRole: role/r}, {name: prod, accountId: \
                123456789012, assumeRole: role/r}]}\n";
    let stored = |text: &str| crate::Stored {
        scope: Scope::System,
        name: "prod".parse().unwrap(),
        version: 1,
        text: text.to_owned(),
    };
    for kept in ["{name: prod, source: ecs-task-role}", "{name: prod}"] {
        let imported = import(Path::new("c.yml"), text, &settings(LAPTOP).with_stored(&[stored(kept)])).unwrap();
        assert!(imported.why("central").contains("in the configuration file already"));
        assert_eq!(imported.accounts.len(), 1, "{kept}");
    }
}

#[test]
fn thousands_of_faults_are_told_in_time() {
    let many: String = (0..5_000).map(|number| format!("    - {{name: a{number}, x: y}}\n")).collect();
    let imported = imported(&format!("aws:\n  accounts:\n{many}"));
    assert_eq!((imported.refused.len(), imported.notes.len()), (5_000, 5_002));
}
