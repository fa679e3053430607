//! Environment variables: their names come from the schema of the file, so that no key is without one.
//!
//! `dataDir` is `WINDLASS_DATA_DIR`, `limits.stepMemory` is `WINDLASS_LIMITS_STEP_MEMORY`, and any service `NAME` of
//! `endpoints` is `WINDLASS_ENDPOINTS_NAME`. Accounts, projects and mounts of
//! key storage are lists of things and have no variables.
//! A variable that is empty counts as not set.

use std::collections::BTreeMap;

use schemars::Schema;
use serde_json::Value;

use crate::layers::is_path;
use crate::shape::ConfigurationShape;

const PREFIX: &str = "WINDLASS_";

/// Names the configuration file.
pub(crate) const CONFIG: &str = "WINDLASS_CONFIG";
/// Sets the verbosity of the runner's own diagnostics; read where those are set up.
const LOG: &str = "WINDLASS_LOG";

/// A variable that sets a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// `WINDLASS_DATA_DIR`; for a map, what the names of its entries begin with.
    pub(crate) name: String,
    /// `dataDir`.
    pub(crate) key: String,
    pub(crate) holds: Holds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Text,
    /// Separated by `:` when they are paths, else by `,`.
    List,
    /// Any entry of a map of texts.
    Entries,
}

/// A value that the environment sets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) value: Given,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Text(String),
    List(Vec<String>),
}

/// The settings in the environment, and a warning for each `WINDLASS_` name that means nothing.
///
/// Never an error: Kubernetes sets such names (`WINDLASS_SERVICE_HOST`) for a service called `windlass`.
pub(crate) fn read(environment: &BTreeMap<String, String>) -> (Vec<Setting>, Vec<String>) {
    let known = variables();
    let (mut settings, mut warnings) = (Vec::new(), Vec::new());
    for (name, value) in environment.iter().filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty()) {
        match known.iter().find_map(|variable| setting(variable, name, value)) {
            Some(setting) => settings.push(setting),
            None if [CONFIG, LOG].contains(&name.as_str()) => {}
            None => {
                let names = known.iter().map(|variable| variable.name.as_str());
                let near = windlass_errors::nearest(name, names.chain([CONFIG, LOG]));
                let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                warnings.push(format!("the environment variable `{name}` sets nothing{hint}"));
            }
        }
    }
    (settings, warnings)
}

fn setting(variable: &Variable, name: &str, value: &str) -> Option<Setting> {
    let (key, value) = match variable.holds {
        Holds::Text if name == variable.name => (variable.key.clone(), Given::Text(value.to_owned())),
        Holds::List if name == variable.name => {
            let parts = value.split(if is_path(&variable.key) { ':' } else { ',' }).filter(|part| !part.is_empty());
            (variable.key.clone(), Given::List(parts.map(str::to_owned).collect()))
        }
        Holds::Entries => {
            let entry = name.strip_prefix(&variable.name)?.to_lowercase().replace('_', "-");
            is_entry_name(&entry).then_some(())?;
            (format!("{}.{entry}", variable.key), Given::Text(value.to_owned()))
        }
        _ => return None,
    };
    Some(Setting { name: name.to_owned(), key, value })
}

/// Every variable, from the schema of the file.
pub(crate) fn variables() -> Vec<Variable> {
    let schema: Schema = schemars::schema_for!(ConfigurationShape);
    let mut found = Vec::new();
    walk(schema.as_value(), schema.as_value(), "", &mut found);
    found
}

fn walk(root: &Value, node: &Value, key: &str, found: &mut Vec<Variable>) {
    let node = resolve(root, node);
    let mut add = |suffix: &str, holds| {
        found.push(Variable { name: variable_name(key) + suffix, key: key.to_owned(), holds });
    };
    match node["type"].as_str() {
        Some("string") => add("", Holds::Text),
        Some("array") if resolve(root, &node["items"])["type"] == "string" => add("", Holds::List),
        Some("object") if node["additionalProperties"].is_object() => add("_", Holds::Entries),
        Some("object") => {
            for (name, child) in node["properties"].as_object().into_iter().flatten() {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                walk(root, child, &key, found);
            }
        }
        _ => {}
    }
}

/// The schema behind a reference, or behind the `null` alternative of a key that may be left out.
pub(crate) fn resolve<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    if let Some(pointer) = node["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        return resolve(root, root.pointer(pointer).unwrap_or(&Value::Null));
    }
    match node["anyOf"].as_array() {
        Some(choices) => choices.iter().find(|choice| choice["type"] != "null").map_or(node, |c| resolve(root, c)),
        None => node,
    }
}

/// Whether a variable can name this entry of a map: `[a-z][a-z0-9-]*`.
pub(crate) fn is_entry_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn variable_name(key: &str) -> String {
    let mut name = PREFIX.to_owned();
    for c in key.chars() {
        match c {
            '.' => name.push('_'),
            c if c.is_ascii_uppercase() => name.extend(['_', c]),
            c => name.push(c.to_ascii_uppercase()),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn names_come_from_the_schema() {
        let names: Vec<String> = variables().into_iter().map(|variable| variable.name).collect();
        assert_eq!(
            names,
            [
                "WINDLASS_DATA_DIR",
                "WINDLASS_DATABASE_DURABILITY",
                "WINDLASS_DATABASE_MAX_CONNECTIONS",
                "WINDLASS_DATABASE_PASSWORD_FILE",
                "WINDLASS_DATABASE_URL",
                "WINDLASS_DEFAULT_ACCOUNT",
                "WINDLASS_ENDPOINTS_",
                "WINDLASS_LIMITS_CANCEL_GRACE",
                "WINDLASS_LIMITS_CONTAINMENT",
                "WINDLASS_LIMITS_PROJECT_ARTIFACTS",
                "WINDLASS_LIMITS_STEP_LOG",
                "WINDLASS_LIMITS_STEP_LOG_ACTION",
                "WINDLASS_LIMITS_STEP_MEMORY",
                "WINDLASS_LIMITS_STEP_OUTPUT",
                "WINDLASS_LIMITS_STEP_PROCESSES",
                "WINDLASS_MANAGING_ACCOUNT",
                "WINDLASS_MASTER_KEY_ACCOUNT",
                "WINDLASS_MASTER_KEY_FILE",
                "WINDLASS_NETWORK_CERTIFICATE_AUTHORITIES",
                "WINDLASS_NETWORK_DIRECT_PLUGINS",
                "WINDLASS_NETWORK_LOCAL_DESTINATIONS",
                "WINDLASS_NETWORK_NO_PROXY",
                "WINDLASS_NETWORK_PROXY",
                "WINDLASS_NETWORK_PROXY_PASSWORD",
                "WINDLASS_PLUGIN_DIRS",
                "WINDLASS_PLUGIN_LOCK_FILE",
                "WINDLASS_RETENTION_FAILED_MAX_AGE",
                "WINDLASS_RETENTION_INTERVAL",
                "WINDLASS_RETENTION_MAX_AGE",
                "WINDLASS_RETENTION_MAX_COUNT",
                "WINDLASS_SERVER_LABELS",
                "WINDLASS_SERVER_LEASE",
                "WINDLASS_SERVER_MAX_EXECUTIONS",
                "WINDLASS_SERVER_PROJECT_EXECUTIONS",
                "WINDLASS_SERVER_STOP_GRACE",
                "WINDLASS_SHELL_ALLOW_UNCONFINED",
                "WINDLASS_SHELL_HOME",
                "WINDLASS_SHELL_LANG",
                "WINDLASS_SHELL_PATH",
                "WINDLASS_SHELL_TIME_ZONE",
            ]
        );
    }

    #[test]
    fn lists_are_split_and_services_found() {
        let given = environment(&[("WINDLASS_PLUGIN_DIRS", "/a::/b"), ("WINDLASS_ENDPOINTS_COGNITO_IDP", "https://x")]);
        let (settings, warnings) = read(&given);
        assert_eq!(settings[0].key, "endpoints.cognito-idp");
        assert_eq!(settings[1].value, Given::List(vec!["/a".into(), "/b".into()]));
        assert_eq!(warnings, Vec::<String>::new());
    }

    #[test]
    fn an_unknown_name_is_a_warning_with_the_nearest() {
        let given = environment(&[
            ("WINDLASS_DATADIR", "/x"),
            ("WINDLASS_SERVICE_HOST", "10.0.0.1"),
            ("WINDLASS_CONFIG", "/c"),
            ("WINDLASS_LOG", "debug"),
            ("WINDLASS_DATA_DIR", ""),
            ("PATH", "/bin"),
        ]);
        let (settings, warnings) = read(&given);
        assert_eq!(settings, []);
        assert_eq!(
            warnings,
            [
                "the environment variable `WINDLASS_DATADIR` sets nothing; did you mean `WINDLASS_DATA_DIR`?",
                "the environment variable `WINDLASS_SERVICE_HOST` sets nothing",
            ]
        );
    }
}
