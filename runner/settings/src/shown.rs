use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::layers::{Layers, Origin};
use crate::text::format_duration;
use crate::{Account, Backend, Grant, KeyMount, Narrowing, Place, Project, RoleArn, Settings, Source, WebIdentity};

/// A value and where it comes from, for `config show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownValue {
    /// `dataDir`, `limits.stepMemory`, `accounts.central`, `projects.web.accounts.prod`, ...
    pub key: String,
    /// The value in effect. The configuration holds no secrets, only the paths of keys.
    pub value: Value,
    /// `default`, `file PATH:LINE`, `environment NAME` or `flag --NAME`.
    pub origin: String,
}

/// Every value in effect, in the order of the documented defaults.
pub(crate) fn shown(settings: &Settings, layers: &Layers, project_lines: &[Origin]) -> Vec<ShownValue> {
    let merged = layers.merged();
    let mut list = Vec::new();
    let mut add = |key: &str, value: Value| {
        list.push(ShownValue { key: key.to_owned(), value, origin: layers.origin(key) });
    };
    add("dataDir", json!(settings.data_dir));
    add("masterKeyFile", json!(settings.master_key_file));
    add("masterKeyAccount", json!(settings.master_key_account));
    add("pluginDirs", json!(settings.plugin_dirs));
    add("pluginLockFile", json!(settings.plugin_lock_file));
    let postgres = match &settings.database.backend {
        Backend::Postgres(postgres) => Some(postgres),
        Backend::Sqlite => None,
    };
    add("database.url", json!(postgres.map(|postgres| &postgres.url)));
    add("database.passwordFile", json!(postgres.map(|postgres| &postgres.password_file)));
    add("database.maxConnections", json!(postgres.map(|postgres| postgres.max_connections)));
    add("database.durability", json!(merged.database.durability));
    add("defaultAccount", json!(settings.default_account));
    add("managingAccount", json!(settings.managing_account));
    for (service, address) in &merged.endpoints {
        add(&format!("endpoints.{service}"), json!(address));
    }
    let network = &settings.network;
    add("network.proxy", json!(network.proxy));
    add("network.proxyPassword", json!(network.proxy_password));
    add("network.noProxy", json!(network.no_proxy));
    add("network.localDestinations", json!(network.local_destinations));
    add("network.certificateAuthorities", json!(network.certificate_authorities));
    add("network.directPlugins", json!(network.direct_plugins));
    add("shell.path", json!(settings.shell.path));
    add("shell.home", json!(settings.shell.home));
    add("shell.lang", json!(settings.shell.lang));
    add("shell.timeZone", json!(settings.shell.time_zone));
    add("shell.allowUnconfined", json!(settings.shell.allow_unconfined));
    add("server.maxExecutions", json!(settings.server.max_executions));
    add("server.projectExecutions", json!(settings.server.project_executions));
    add("server.stopGrace", json!(merged.server.stop_grace));
    add("server.lease", json!(merged.server.lease));
    add("server.labels", json!(settings.server.labels));
    add("limits.stepMemory", json!(merged.limits.step_memory));
    add("limits.stepOutput", json!(merged.limits.step_output));
    add("limits.stepLog", json!(merged.limits.step_log));
    add("limits.stepLogAction", json!(merged.limits.step_log_action));
    add("limits.stepProcesses", json!(settings.limits.step_processes));
    add("limits.containment", json!(merged.limits.containment));
    add("limits.cancelGrace", json!(merged.limits.cancel_grace));
    add("limits.projectArtifacts", json!(merged.limits.project_artifacts));
    let retention = &merged.retention;
    add("retention.maxAge", json!(retention.max_age));
    add("retention.maxCount", json!(settings.retention.max_count));
    add("retention.failed.maxAge", json!(retention.failed.max_age.as_ref().unwrap_or(&retention.max_age)));
    add("retention.interval", json!(retention.interval));

    list.extend(settings.accounts.iter().map(|account| shown_account("accounts", account)));
    for (project, origin) in settings.projects.iter().zip(project_lines) {
        let key = format!("projects.{}", project.name);
        list.push(ShownValue { key: key.clone(), value: project_value(project), origin: origin.to_string() });
        list.extend(project.accounts.iter().map(|account| shown_account(&format!("{key}.accounts"), account)));
    }
    list.extend(settings.key_mounts.iter().map(shown_mount));
    list
}

fn shown_mount(mount: &KeyMount) -> ShownValue {
    let KeyMount { path, store, account, region, prefix, place } = mount;
    ShownValue {
        key: format!("keyMounts.{path}"),
        value: json!({ store.key(): { "account": account, "region": region, "prefix": prefix } }),
        origin: Origin::File(place.clone()).to_string(),
    }
}

fn shown_account(prefix: &str, account: &Account) -> ShownValue {
    ShownValue { key: format!("{prefix}.{}", account.name), value: account.fields(), origin: origin(&account.place) }
}

fn project_value(project: &Project) -> Value {
    object([
        ("description", json!(project.description)),
        ("defaultAccount", json!(project.default_account)),
        ("maxExecutions", json!(project.max_executions)),
    ])
}

fn origin(place: &Place) -> String {
    match place {
        Place::File(place) => Origin::File(place.clone()).to_string(),
        Place::Database { .. } => place.to_string(),
    }
}

impl Account {
    /// What is written about it, as the database keeps it: the keys and the form of a file.
    pub fn definition(&self) -> Value {
        let mut fields = self.fields();
        fields["name"] = json!(self.name);
        fields
    }

    /// What is written about it, without its name: the keys and the form of a file.
    pub fn fields(&self) -> Value {
        let role = self.role.as_ref();
        let (session_policy, policy_arns) = match role.map(|role| &role.narrowing) {
            Some(Narrowing::Off) => (json!("none"), Value::Null),
            Some(Narrowing::Declared { otherwise }) if !otherwise.is_empty() => (Value::Null, json!(otherwise)),
            _ => (Value::Null, Value::Null),
        };
        let tags = role.map(|role| &role.tags).filter(|tags| !tags.is_empty());
        let tags = tags.map(|tags| tags.iter().map(|(key, value)| (key, value.as_str())).collect::<BTreeMap<_, _>>());
        let Grant { projects, roles } = &self.grant;
        object([
            ("accountId", json!(self.account_id)),
            ("source", self.source.written()),
            ("assumeRole", json!(role.map(|role| role.arn.as_str()))),
            ("externalId", json!(role.and_then(|role| role.external_id.as_ref()))),
            ("sessionName", json!(role.map(|role| role.session_name.as_str()))),
            ("sessionDuration", json!(role.map(|role| format_duration(role.duration)))),
            ("sourceIdentity", json!(role.and_then(|role| Some(role.source_identity.as_ref()?.as_str())))),
            ("sessionTags", json!(tags)),
            ("sessionPolicy", session_policy),
            ("sessionPolicyArns", policy_arns),
            ("regions", if self.regions.is_empty() { Value::Null } else { json!(self.regions) }),
            ("defaultRegion", json!(self.default_region)),
            ("allowedProjects", json!(projects)),
            (
                "allowedRoles",
                json!(roles.as_ref().map(|roles| roles.iter().map(ToString::to_string).collect::<Vec<_>>())),
            ),
        ])
    }
}

impl Source {
    /// As it is written in a file.
    fn written(&self) -> Value {
        let name = self.name();
        match self {
            Self::AccessKey(key) => json!({ name: object([
                ("accessKeyId", json!(key.id)),
                ("secretAccessKey", json!(key.secret)),
                ("sessionToken", json!(key.session_token)),
            ]) }),
            Self::WebIdentity(given) if *given != WebIdentity::default() => json!({ name: object([
                ("role", json!(given.role.as_ref().map(RoleArn::as_str))),
                ("tokenFile", json!(given.token_file)),
            ]) }),
            Self::Profile(profile) => json!({ name: profile }),
            Self::Account(account) => json!({ name: account }),
            _ => json!(name),
        }
    }
}

/// Only what is set.
fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let set = entries.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(set.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
}
