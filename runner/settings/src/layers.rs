use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use figment::util::nest;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::Deserialize;

use crate::FilePlace;
use crate::environment::{Given, Setting, is_entry_name};
use crate::load::Overrides;
use crate::shape::{ConfigurationShape, Text};
use crate::yaml::Position;

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    Default,
    File(FilePlace),
    Environment(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(place) => write!(f, "file {}:{}", place.file.display(), place.line),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// The values that every layer may set, the last one winning. Accounts, projects and mounts are in the file
/// only.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Merged {
    pub(crate) data_dir: String,
    pub(crate) master_key_file: String,
    pub(crate) master_key_account: Option<String>,
    #[serde(default)]
    pub(crate) plugin_dirs: Vec<String>,
    pub(crate) plugin_lock_file: String,
    pub(crate) database: MergedDatabase,
    pub(crate) default_account: Option<String>,
    pub(crate) managing_account: Option<String>,
    #[serde(default)]
    pub(crate) endpoints: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) network: MergedNetwork,
    pub(crate) shell: MergedShell,
    pub(crate) server: MergedServer,
    pub(crate) limits: MergedLimits,
    pub(crate) retention: MergedRetention,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MergedDatabase {
    pub(crate) url: Option<String>,
    pub(crate) password_file: Option<String>,
    pub(crate) max_connections: Option<String>,
    pub(crate) durability: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MergedNetwork {
    pub(crate) proxy: Option<String>,
    pub(crate) proxy_password: Option<String>,
    pub(crate) no_proxy: Vec<String>,
    pub(crate) local_destinations: Vec<String>,
    pub(crate) certificate_authorities: Vec<String>,
    pub(crate) direct_plugins: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MergedShell {
    pub(crate) path: String,
    pub(crate) home: Option<String>,
    pub(crate) lang: String,
    pub(crate) time_zone: String,
    #[serde(default)]
    pub(crate) allow_unconfined: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MergedServer {
    pub(crate) max_executions: String,
    pub(crate) project_executions: Option<String>,
    pub(crate) stop_grace: String,
    pub(crate) lease: String,
    #[serde(default)]
    pub(crate) labels: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MergedLimits {
    pub(crate) step_memory: String,
    pub(crate) step_output: String,
    pub(crate) step_log: String,
    pub(crate) step_log_action: String,
    pub(crate) step_processes: String,
    pub(crate) containment: String,
    pub(crate) cancel_grace: String,
    pub(crate) project_artifacts: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MergedRetention {
    pub(crate) max_age: String,
    pub(crate) max_count: String,
    #[serde(default)]
    pub(crate) failed: MergedRetentionOfFailed,
    pub(crate) interval: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MergedRetentionOfFailed {
    pub(crate) max_age: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Layers {
    figment: Figment,
    places: BTreeMap<String, FilePlace>,
}

impl Layers {
    /// All layers as one; the default layer must have been added.
    pub(crate) fn merged(&self) -> Merged {
        self.figment.extract().expect("every layer was checked for its types, and the default layer is complete")
    }

    /// What set the key: `default`, `file PATH:LINE`, `environment NAME` or `flag --NAME`.
    pub(crate) fn origin(&self, key: &str) -> String {
        self.figment.find_metadata(key).map_or_else(|| Origin::Default.to_string(), |found| found.name.to_string())
    }

    /// The place in the file, when it is the file that set the key.
    pub(crate) fn place(&self, key: &str) -> Option<&FilePlace> {
        self.figment.find_metadata(key)?.source.as_ref()?;
        self.places.get(key)
    }

    /// Adds a value; `key` is `name`, or `name.entry` as deep as it goes.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>, origin: Origin) {
        if let Origin::File(place) = &origin {
            self.places.insert(key.to_owned(), place.clone());
        }
        let layer = Layer { key: key.to_owned(), value: value.into(), origin };
        self.figment = std::mem::take(&mut self.figment).merge(layer);
    }

    /// Adds what a file says; `origin` tells where a value in it is from, `base` is the folder of relative paths.
    pub(crate) fn add_shape(&mut self, shape: &ConfigurationShape, base: &Path, origin: impl Fn(Position) -> Origin) {
        let (database, network, shell) = (&shape.database, &shape.network, &shape.shell);
        let (server, limits, retention) = (&shape.server, &shape.limits, &shape.retention);
        for (key, text) in [
            ("dataDir", &shape.data_dir),
            ("masterKeyFile", &shape.master_key_file),
            ("pluginLockFile", &shape.plugin_lock_file),
            ("database.passwordFile", &database.password_file),
            ("shell.home", &shell.home),
        ] {
            self.add_text(key, text.as_ref(), |text| resolve(base, text), &origin);
        }
        for (key, text) in [
            ("masterKeyAccount", &shape.master_key_account),
            ("database.url", &database.url),
            ("database.maxConnections", &database.max_connections),
            ("database.durability", &database.durability),
            ("defaultAccount", &shape.default_account),
            ("managingAccount", &shape.managing_account),
            ("network.proxy", &network.proxy),
            ("network.proxyPassword", &network.proxy_password),
            ("shell.path", &shell.path),
            ("shell.lang", &shell.lang),
            ("shell.timeZone", &shell.time_zone),
            ("server.maxExecutions", &server.max_executions),
            ("server.projectExecutions", &server.project_executions),
            ("server.stopGrace", &server.stop_grace),
            ("server.lease", &server.lease),
            ("limits.stepMemory", &limits.step_memory),
            ("limits.stepOutput", &limits.step_output),
            ("limits.stepLog", &limits.step_log),
            ("limits.stepLogAction", &limits.step_log_action),
            ("limits.stepProcesses", &limits.step_processes),
            ("limits.containment", &limits.containment),
            ("limits.cancelGrace", &limits.cancel_grace),
            ("limits.projectArtifacts", &limits.project_artifacts),
            ("retention.maxAge", &retention.max_age),
            ("retention.maxCount", &retention.max_count),
            ("retention.failed.maxAge", &retention.failed.max_age),
            ("retention.interval", &retention.interval),
        ] {
            self.add_text(key, text.as_ref(), str::to_owned, &origin);
        }
        // Other names are refused where the file's shape is checked: one with a dot would look like a deeper key here.
        for (service, text) in shape.endpoints.iter().filter(|(name, _)| is_entry_name(name)) {
            self.add_text(&format!("endpoints.{service}"), Some(text), str::to_owned, &origin);
        }
        for (key, list) in [
            ("pluginDirs", &shape.plugin_dirs),
            ("network.noProxy", &network.no_proxy),
            ("network.localDestinations", &network.local_destinations),
            ("network.certificateAuthorities", &network.certificate_authorities),
            ("network.directPlugins", &network.direct_plugins),
            ("shell.allowUnconfined", &shell.allow_unconfined),
            ("server.labels", &server.labels),
        ] {
            let value =
                |text: &Text| if is_path(key) { resolve(base, text.as_str()) } else { text.as_str().to_owned() };
            if let Some(list) = list {
                self.set(key, list.value.iter().map(value).collect::<Vec<_>>(), origin(list.into()));
            }
        }
    }

    fn add_text(
        &mut self,
        key: &str,
        text: Option<&Text>,
        value: impl Fn(&str) -> String,
        origin: &impl Fn(Position) -> Origin,
    ) {
        if let Some(text) = text {
            self.set(key, value(text.as_str()), origin(text.into()));
        }
    }

    /// Adds what the environment says.
    pub(crate) fn add_environment(&mut self, settings: Vec<Setting>, current_dir: &Path) {
        for setting in settings {
            let value = |text: &String| if is_path(&setting.key) { resolve(current_dir, text) } else { text.clone() };
            let origin = Origin::Environment(setting.name);
            match &setting.value {
                Given::Text(text) => self.set(&setting.key, value(text), origin),
                Given::List(texts) => self.set(&setting.key, texts.iter().map(value).collect::<Vec<_>>(), origin),
            }
        }
    }

    /// Adds what the flags say.
    pub(crate) fn add_flags(&mut self, overrides: &Overrides, current_dir: &Path) {
        let text = |path: &PathBuf| resolve(current_dir, &path.to_string_lossy());
        if let Some(dir) = &overrides.data_dir {
            self.set("dataDir", text(dir), Origin::Flag("--data-dir"));
        }
        if !overrides.plugin_dirs.is_empty() {
            let dirs: Vec<String> = overrides.plugin_dirs.iter().map(text).collect();
            self.set("pluginDirs", dirs, Origin::Flag("--plugin-dir"));
        }
    }
}

/// Whether the key holds a path, or a list of them.
pub(crate) fn is_path(key: &str) -> bool {
    let paths = [
        "dataDir",
        "masterKeyFile",
        "pluginDirs",
        "pluginLockFile",
        "database.passwordFile",
        "network.certificateAuthorities",
        "shell.home",
    ];
    paths.contains(&key)
}

/// The path as seen from its base. An empty one stays empty, to be refused later; bytes that are no UTF-8 become
/// U+FFFD, which is refused as well.
pub(crate) fn resolve(base: &Path, text: &str) -> String {
    if text.is_empty() { String::new() } else { base.join(text).to_string_lossy().into_owned() }
}

/// One value of one layer.
struct Layer {
    key: String,
    value: Value,
    origin: Origin,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        let named = Metadata::named(self.origin.to_string());
        match &self.origin {
            Origin::File(place) => named.source(place.file.as_path()),
            _ => named,
        }
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let nested = nest(&self.key, self.value.clone());
        Ok(Profile::Default.collect(nested.into_dict().expect("a value below a key is a dictionary")))
    }
}
