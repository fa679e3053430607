//! What a step may use beside its account: where it connects to, which keys it reads, which sandbox it runs in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;
use windlass_hosting::{Connections, Sandbox, Surroundings};
use windlass_jobs::marked;
use windlass_network::{Destination, aws_destinations};
use windlass_plugin_api::fields::ENDPOINT;
use windlass_plugin_api::frames::{self, NetworkAccess};
use windlass_settings::{Backend, Containment, ProjectName, Settings};

use crate::step::PluginStep;
use crate::{Engine, EngineError};

/// The plugin whose steps run the user's own commands, and see the user's own files.
const SHELL: &str = "shell";
/// Where the system's programs are, for programs that are not the shell plugin's.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Refuses a freedom that no administrator has allowed.
///
/// # Errors
/// `plugin.not-permitted`
pub(crate) fn permitted(step: &PluginStep, project: &ProjectName, settings: &Settings) -> Result<(), EngineError> {
    let plugin = step.uses.plugin.as_str();
    let refuse = |what: String, help: String| Err(EngineError::NotPermitted { step: step.id.clone(), what, help });
    let direct = step.metadata().network.direct;
    if direct && plugin != SHELL && !settings.network.direct_plugins.iter().any(|allowed| allowed == plugin) {
        let what = format!("plugin `{plugin}` makes its own connections");
        return refuse(what, format!("an administrator may add `{plugin}` to `network.directPlugins`"));
    }
    if wants_no_sandbox(step) && !settings.shell.allow_unconfined.contains(project) {
        let what = "it has `sandbox: none`".to_owned();
        return refuse(what, format!("an administrator may add `{project}` to `shell.allowUnconfined`"));
    }
    Ok(())
}

/// Where a step may connect to: the services in its regions and the hosts that its step type declares, and the addresses
/// that its `with` names.
pub(crate) fn granted(step: &PluginStep, settings: &Settings) -> Result<Vec<Destination>, EngineError> {
    let mut granted = Vec::new();
    let wrong = |error: windlass_network::DestinationError| EngineError::Destination {
        step: step.id.clone(),
        message: error.to_string(),
    };
    let regions: BTreeSet<&str> = step.places.iter().map(|place| place.region.name.as_str()).collect();
    for service in &step.metadata().network.aws {
        match settings.endpoints.services.get(service) {
            Some(url) => granted.push(Destination::of_url(url).map_err(wrong)?.local()),
            None => granted.extend(regions.iter().flat_map(|region| aws_destinations(service, region))),
        }
    }
    for host in &step.metadata().network.hosts {
        granted.push(Destination::parse(host).map_err(wrong)?);
    }
    for pointer in marked(&step.metadata().config, &step.config, ENDPOINT) {
        let named = step.config.pointer(&pointer).and_then(Value::as_str).unwrap_or_default();
        let destination = if named.contains("://") { Destination::of_url } else { Destination::of_server };
        granted.push(destination(named).map_err(wrong)?);
    }
    Ok(granted)
}

/// All of it, for the step's host.
pub(crate) fn of_step(step: &PluginStep, engine: &Engine) -> Surroundings {
    let settings = &engine.settings;
    let direct = step.metadata().network.direct;
    Surroundings {
        network: if direct { NetworkAccess::Direct } else { NetworkAccess::Brokered },
        connections: Connections { network: engine.network.clone(), granted: step.granted.clone() },
        sandbox: sandbox(step, engine),
        environment: environment(step, settings),
        scratch: scratch(settings),
        required: match settings.limits.containment {
            Containment::Full => frames::Containment::Full,
            Containment::Partial => frames::Containment::Partial,
            Containment::Open => frames::Containment::Open,
        },
    }
}

/// Where programs have their scratch folders.
pub fn scratch(settings: &Settings) -> PathBuf {
    settings.data_dir.join("scratch")
}

fn sandbox(step: &PluginStep, engine: &Engine) -> Sandbox {
    if step.uses.plugin != SHELL {
        return Sandbox::Strict;
    }
    match step.config.get("sandbox").and_then(Value::as_str) {
        Some("none") => Sandbox::None,
        Some("strict") => Sandbox::Strict,
        _ => Sandbox::Standard { hidden: hidden(engine) },
    }
}

fn wants_no_sandbox(step: &PluginStep) -> bool {
    step.uses.plugin == SHELL && step.config.get("sandbox").is_some_and(|sandbox| sandbox == "none")
}

/// What could make a step more than its project: data, keys, plugins, and what decides about them.
fn hidden(engine: &Engine) -> Vec<PathBuf> {
    let settings = &engine.settings;
    let files = [&settings.data_dir, &settings.master_key_file, &settings.plugin_lock_file];
    let database = match &settings.database.backend {
        Backend::Postgres(postgres) => [&postgres.password_file, &postgres.key_file],
        Backend::Sqlite => [&None, &None],
    };
    let files = files.into_iter().chain(database.into_iter().flatten());
    files.chain(&settings.plugin_dirs).chain(&engine.configuration).cloned().collect()
}

fn environment(step: &PluginStep, settings: &Settings) -> BTreeMap<String, String> {
    let shell = &settings.shell;
    let mut environment = if step.uses.plugin == SHELL {
        vec![("PATH", shell.path.clone()), ("LANG", shell.lang.clone()), ("TZ", shell.time_zone.clone())]
    } else {
        vec![("PATH", PATH.to_owned()), ("LANG", "C.UTF-8".to_owned())]
    };
    let home = if step.uses.plugin == SHELL { shell.home.clone().or_else(own_home) } else { None };
    environment.extend(home.map(|home| ("HOME", home.to_string_lossy().into_owned())));
    environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The home folder of this process's user, as the system's user database has it.
fn own_home() -> Option<PathBuf> {
    nix::unistd::User::from_uid(nix::unistd::Uid::effective()).ok()?.map(|user| user.dir)
}
