//! Plugins outlive runners: one built with the first `windlass-plugin-api` runs in this one.

use crate::installation::{Installation, assert_names};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use windlass_tests::binaries;

/// Neither is it told what the runner has learnt to say since then, which it would refuse.
#[test]
fn a_plugin_of_the_first_api_runs() {
    let authority = tempfile::NamedTempFile::new().unwrap();
    let key = KeyPair::generate().unwrap();
    std::fs::write(authority.path(), CertificateParams::default().self_signed(&key).unwrap().pem()).unwrap();
    let network = json!({"certificateAuthorities": [authority.path()]});
    let installation = Installation::new(&format!("projects: [{{name: web}}]\nnetwork: {network}\n"));
    installation.job("steps: [{id: greet, uses: first/greet, with: {name: you}}]\n");
    let folder = binaries::first_plugin().unwrap();
    let folder = folder.to_str().unwrap();
    let ended = installation.run_job(&["--output", "json", "--plugin-dir", folder]);
    let document: Value = serde_json::from_str(ended.ok()).unwrap();
    let (step, execution) = (&document["steps"][0], &document["execution"]);
    let expected = json!({"text": "hello you", "execution": execution, "refused": "step.no-account"});
    assert_eq!(step["outputs"], expected);
    assert_eq!(step["tables"]["greetings"], json!([{"name": "you"}]), "{step}");
    assert_names(&ended.stderr, &["greet: about to greet"]);
    let api = installation.run(&["plugin", "list", "--output", "json", "--plugin-dir", folder]);
    let listed: Vec<Value> = serde_json::from_str(api.ok()).unwrap();
    assert!(listed.iter().any(|it| it["name"] == "first" && it["api"] == "1.0.0"), "{listed:?}");
}

#[test]
fn a_step_of_the_first_api_has_its_account() {
    let source = "{access-key: {accessKeyId: AKIAEXAMPLE, secretAccessKey: keys/project/web/aws}}";
    let account = format!("{{name: prod, source: {source}, regions: [eu-west-1]}}");
    let installation =
        Installation::new(&format!("projects: [{{name: web, defaultAccount: prod, accounts: [{account}]}}]\n"));
    installation.set_key("keys/project/web/aws", "example");
    installation.job("steps: [{id: key, uses: first/key}]\n");
    let folder = binaries::first_plugin().unwrap();
    let ended = installation.run_job(&["--output", "json", "--plugin-dir", folder.to_str().unwrap()]);
    let document: Value = serde_json::from_str(ended.ok()).unwrap();
    assert_eq!(document["steps"][0]["outputs"], json!({"id": "AKIAEXAMPLE", "region": "eu-west-1"}));
}
