//! What plugins are shown to be is what jobs can do with them.

use crate::installation::{Installation, assert_names};
use crate::stored::{folder, set};
use serde_json::Value;

fn names(installation: &Installation) -> Vec<String> {
    let listed: Vec<Value> =
        serde_json::from_str(installation.run(&["plugin", "list", "--output", "json"]).ok()).unwrap();
    listed.iter().map(|plugin| plugin["name"].as_str().unwrap().to_owned()).collect()
}

fn metadata(installation: &Installation, plugin: &str) -> Value {
    let shown = installation.run(&["plugin", "show", plugin, "--output", "json"]);
    serde_json::from_str::<Value>(shown.ok()).unwrap()["metadata"].clone()
}

#[test]
fn every_plugin_is_shown_with_its_steps() {
    let installation = Installation::new("");
    let names = names(&installation);
    for wanted in ["cloudwatch-logs", "notify", "sns", "sts", "misbehave"] {
        assert!(names.iter().any(|name| name == wanted), "{names:?}");
    }
    for plugin in names {
        let metadata = metadata(&installation, &plugin);
        let shown = installation.run(&["plugin", "show", &plugin]);
        assert_names(shown.ok(), &[&plugin, "sandbox  ", "sha256   "]);
        for step in metadata["steps"].as_array().unwrap() {
            let (name, description) = (step["name"].as_str().unwrap(), step["description"].as_str().unwrap());
            assert_names(&shown.stdout, &[&format!("step {plugin}/{name}  "), description, "  example:\n"]);
            for action in step["actions"].as_array().into_iter().flatten() {
                assert_names(&shown.stdout, &[action.as_str().unwrap()]);
            }
        }
    }
}

/// An example that is pasted below `with:` is accepted; where an account is needed, only that is missing then. One that would
/// tell somebody else is not run.
#[test]
fn every_example_can_be_pasted_into_a_job() {
    let installation = Installation::new("projects: [{name: web}]\nnetwork: {directPlugins: [escape]}\n");
    for plugin in names(&installation) {
        for step in metadata(&installation, &plugin)["steps"].as_array().unwrap() {
            let name = step["name"].as_str().unwrap();
            let example = step["example"].as_str().unwrap();
            assert!(!example.trim().is_empty(), "{plugin}/{name} has no example");
            for key in example.split_whitespace().filter(|word| word.starts_with("keys/")) {
                installation.set_key(key.trim_end_matches(['}', ',']), "correct horse battery");
            }
            let with: String = example.lines().map(|line| format!("      {line}\n")).collect();
            let job = format!("steps:\n  - uses: {plugin}/{name}\n    with:\n{with}");
            if plugin == "notify" {
                set(&installation, &[("test", &job)]);
                installation.run(&["project", "validate", &folder(&installation), "--project", "web"]).ok();
                continue;
            }
            installation.job(&job);
            let ended = installation.run_job(&["--quiet"]);
            if step["needsAccount"] == true {
                assert_names(ended.failed(5, "account.none"), &["job `test`"]);
            } else {
                ended.ok();
            }
        }
    }
}
