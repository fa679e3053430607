//! The built-in defaults are the reference: complete, and valid as they stand and with every example in use.

use serde_json::Value;

use super::*;
use crate::Backend;
use crate::environment::{Holds, resolve, variables};

/// The defaults with the `#` of every example removed. Prose has exactly one blank after it, examples none or more.
fn uncommented() -> String {
    let example = |line: &str| {
        let rest = line.strip_prefix('#')?;
        let prose = rest.is_empty() || (rest.starts_with(' ') && !rest.starts_with("  "));
        (!prose).then(|| rest.to_owned())
    };
    let mut text = String::new();
    let mut header = true;
    for line in DEFAULTS.lines() {
        header = header && !line.starts_with("apiVersion");
        let line = if header { String::new() } else { example(line).unwrap_or_else(|| line.to_owned()) };
        text += &(line + "\n");
    }
    text
}

#[test]
fn every_example_in_it_is_valid() {
    let sandbox = Sandbox::new(&uncommented());
    let settings = sandbox.load().map_err(|error| windlass_errors::render(&error)).unwrap().settings;
    assert_eq!(settings.accounts[0].role.as_ref().unwrap().duration.as_secs(), 3600);
    let names: Vec<&str> = settings.accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!((&names[..], settings.unusable.len()), (&["central", "spinnaker-web", "spinnaker-web-ecs"][..], 0));
    assert_eq!(settings.projects[0].accounts.len(), 1);
    assert_eq!(settings.key_mounts.len(), 2);
    assert!(settings.endpoints.imds.is_some());
    assert!(matches!(&settings.database.backend, Backend::Postgres(postgres) if postgres.password_file.is_some()));
    assert_ne!(settings.retention.failed_max_age, settings.retention.max_age);
}

#[test]
fn every_key_of_the_schema_is_in_it() {
    let document: Value = yaml::parse(Path::new("reference"), &uncommented()).unwrap();
    let schema = schemars::schema_for!(ConfigurationShape).to_value();
    let mut missing = Vec::new();
    compare(&schema, &schema, &document, "", &mut missing);
    assert_eq!(missing, Vec::<String>::new());
    assert!(Source::NAMES.iter().all(|name| DEFAULTS.contains(name)));
    assert!(Partition::NAMES.iter().all(|name| DEFAULTS.contains(name)));
}

/// Collects the keys of the schema that the document lacks, of a list those that each of its items lacks.
fn compare(root: &Value, schema: &Value, document: &Value, path: &str, missing: &mut Vec<String>) {
    let schema = resolve(root, schema);
    if schema["type"] == "array" {
        let of_item = |item: &Value| {
            let mut missing = Vec::new();
            compare(root, &schema["items"], item, path, &mut missing);
            missing
        };
        let items = document.as_array().into_iter().flatten().map(of_item);
        let of_all = items.reduce(|all, item| all.into_iter().filter(|path| item.contains(path)).collect());
        return missing.extend(of_all.unwrap_or_else(|| vec![path.to_owned()]));
    }
    for (name, child) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        match document.get(name) {
            // A project's account is written like the system's and not repeated.
            Some(_) if path == ".projects.accounts" => {}
            Some(value) => compare(root, child, value, &path, missing),
            None => missing.push(path),
        }
    }
}

#[test]
fn the_environment_reaches_every_key() {
    let sandbox = Sandbox::new(&with_header(
        "database: {url: 'postgres://db/w'}\naccounts: [{name: a, source: ec2-instance-role}]\nprojects: [{name: web}]\n",
    ));
    for variable in variables() {
        let (name, key) = match variable.holds {
            Holds::Entries => (format!("{}STS", variable.name), format!("{}.sts", variable.key)),
            _ => (variable.name, variable.key),
        };
        let value = match key.as_str() {
            "database.url" => "postgres://other/w",
            "database.durability" => "process",
            "defaultAccount" | "managingAccount" | "masterKeyAccount" => "a",
            "endpoints.sts" => "https://sts",
            "limits.cancelGrace" | "server.stopGrace" | "server.lease" => "1m",
            "retention.maxAge" | "retention.failed.maxAge" | "retention.interval" => "7d",
            "database.maxConnections" | "limits.stepProcesses" | "retention.maxCount" => "99",
            "server.maxExecutions" | "server.projectExecutions" => "99",
            "limits.containment" => "full",
            "limits.stepLogAction" => "fail",
            "network.proxy" => "http://proxy:3128",
            "network.proxyPassword" => "keys/proxy",
            "network.localDestinations" => "127.0.0.1:8080",
            "network.noProxy" | "network.directPlugins" | "server.labels" => "some-name",
            "shell.allowUnconfined" => "web",
            key if key.starts_with("limits") => "32MiB",
            _ => "/somewhere",
        };
        let loaded = sandbox.load_with(&Overrides::default(), &[(&name, value)]).unwrap();
        assert_eq!(origins(&loaded)[&key], format!("environment {name}"));
        let shown = loaded.shown().into_iter().find(|shown| shown.key == key).unwrap().value;
        let number = shown.to_string();
        assert!(shown == value || shown[0] == value || number == value, "{name}: {shown}");
        assert_eq!(loaded.warnings(), Vec::<String>::new());
    }
}
