//! Files of Spinnaker and Rundeck, which people bring along.

use std::path::Path;

use serde_json::json;
use windlass_fuzz::{Bounds, Case, Seed, hold};
use windlass_settings::import::{Imported, rundeck, spinnaker};
use windlass_settings::{Installation, Overrides, ProjectName, Settings, Stored, load_for};

use crate::place::Place;

/// The parser's budgets allow 200,000 nodes, of some hundred bytes each with their places.
const BOUNDS: Bounds = Bounds { base: 128 << 20, each: 3000 };

const PROPERTIES: &str = "# of a project\nproject.name=web\nproject.aws.access_key=AKIAIOSFODNN7EXAMPLE\n\
    project.aws.secret_key_path : keys/project/web/aws\\\n    _secret\nproject.plugin.PluginGroup.AWS.region = us\\u002deast-1\n\
    framework.plugin.PluginGroup.AWS.roleArn=arn\\:aws\\:iam\\:\\:123456789012\\:role/r\naws.secret_key=hunter2hunter2\naws.accessKey=AKIA1\n";

fn blocks() -> String {
    let account = json!({
        "name": "prod", "accountId": "012345678901", "assumeRole": "role/{{name}}-{{environment}}", "externalId": "an-id",
        "environment": "{{accountType}}", "sessionName": "s-{{accountType}}", "sessionDurationSeconds": 1800, "enabled": true,
        "regions": [{"name": "us-east-1", "availabilityZones": ["us-east-1a"]}], "managingAccountProfile": "cn",
        "permissions": {"READ": ["a"]}, "nobody": {"knows": null},
    });
    let key = json!({
        "enabled": true, "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": "hunter2hunter2",
        "defaultAssumeRole": "role/d", "defaultSessionName": "d-{{name}}", "defaultRegions": [{"name": "eu-west-1"}],
        "loadAccounts": {"useManagingAccountProfile": false, "maxRetries": 3}, "client": {"useGzip": true},
        "accounts": [account, {"name": "second", "accountId": "000000000001"}],
    });
    let ecs = json!({"accounts": [{"name": "tasks", "awsAccount": "prod"}, {"name": "prod2", "awsAccount": "${X:y}"}]});
    json!({"aws": key, "ecs": ecs, "server": {"port": 7002}}).to_string()
}

fn settings() -> Settings {
    let text = "apiVersion: windlass/v1\nkind: Configuration\nmanagingAccount: central\n\
                accounts: [{name: central, source: ecs-task-role}]\nprojects: [{name: web}]\n";
    let place = Place::new("windlass.yaml");
    let overrides = Overrides { config: Some(place.write(text.as_bytes())), ..Overrides::default() };
    load_for(&Installation::detect(), &overrides, []).unwrap().settings
}

#[test]
fn a_clouddriver_yml() {
    let settings = settings();
    let read = |input: &[u8]| spinnaker::import(Path::new("c.yml"), str::from_utf8(input).ok()?, &settings).ok();
    let seeds = [Seed::Json(blocks())];
    let found = read(&seeds[0].bytes()).unwrap();
    assert_eq!((found.accounts.len(), found.refused.len(), found.keys.len()), (4, 1, 1), "{found:?}");
    hold("a_clouddriver_yml", BOUNDS, |case: &Case| case.apply(&seeds), |input| check(read(input).as_ref()));
}

#[test]
fn properties_of_rundeck() {
    let (settings, web) = (settings(), ProjectName::parse("web").unwrap());
    let read = |input: &[u8]| rundeck::import(Path::new("p"), str::from_utf8(input).ok()?, Some(&web), &settings).ok();
    let seeds = [Seed::Bytes(PROPERTIES.into())];
    let found = read(&seeds[0].bytes()).unwrap();
    assert_eq!((found.accounts.len(), found.refused.len(), found.keys.len()), (2, 0, 0), "{found:?}");
    hold("properties_of_rundeck", BOUNDS, |case: &Case| case.apply(&seeds), |input| check(read(input).as_ref()));
}

/// What is called usable is: as it would be kept it reads back as the same.
fn check(imported: Option<&Imported>) {
    for account in imported.into_iter().flat_map(|imported| &imported.accounts) {
        let (scope, name, text) = (account.scope.clone(), account.name.clone(), account.definition().to_string());
        let mut read = Stored { scope, name, version: 1, text }.read().unwrap();
        read.place = account.place.clone();
        assert_eq!(&read, account);
    }
    for refused in imported.into_iter().flat_map(|imported| &imported.refused) {
        let said = refused.problems.to_string();
        assert!(!said.contains('\n') && said.len() < 10_000, "the reason is no plain line: {said:?}");
    }
    for note in imported.into_iter().flat_map(|imported| &imported.notes) {
        assert!(note.line > 0 && note.column > 0 && !note.message.contains('\n'), "{note:?}");
    }
}
