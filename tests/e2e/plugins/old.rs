//! Plugins outlive runners: one built with the first `windlass-plugin-api` runs in this one.

use crate::installation::{Installation, assert_names};
use serde_json::{Value, json};
use windlass_tests::binaries;

#[test]
fn a_plugin_of_the_first_api_runs() {
    let installation = Installation::new("projects: [{name: web}]\n");
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
