//! What a step may use beside its account: where it connects to, which keys it reads, which sandbox it runs in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use windlass_hosting::{Connections, Sandbox, Surroundings};
use windlass_network::{Destination, aws_destinations};
use windlass_plugin_api::fields::{ENDPOINT, SECRET, VERBATIM};
use windlass_plugin_api::frames::{self, NetworkAccess};
use windlass_settings::{Containment, KeyPath, ProjectName, Settings};

use crate::evaluate::Evaluated;
use crate::job::JobText;
use crate::marks::marked;
use crate::tree::{Node, Tree};
use crate::{EngineError, JobError, PreparedStep, Runner};

/// The plugin whose steps run the user's own commands, and see the user's own files.
const SHELL: &str = "shell";
/// Where the system's programs are, for programs that are not the shell plugin's.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The keys whose texts a step gets, by the JSON pointer of the field.
pub(crate) type KeysOfStep = BTreeMap<String, KeyPath>;

/// Finds the keys that a step's `with` names.
///
/// # Errors
/// `key.invalid-path`; `key.not-permitted` for the key of the system or of another project.
pub(crate) fn keys(
    with: &Evaluated,
    schema: &Value,
    project: &ProjectName,
    file: &JobText,
) -> Result<KeysOfStep, JobError> {
    let mut keys = KeysOfStep::new();
    for pointer in marked(schema, &with.value, SECRET) {
        let place = with.places.of_value(&pointer);
        let text = with.value.pointer(&pointer).and_then(Value::as_str).unwrap_or_default();
        let path = KeyPath::parse(text).map_err(|why| JobError::at("key.invalid-path", file.at(place, why)))?;
        if path.project() != Some(project.as_str()) {
            let message = format!("a step of project `{project}` may not read the key `{path}`");
            let hint = format!("store it as `keys/project/{project}/...`: `windlass key set`");
            return Err(JobError::at("key.not-permitted", file.at(place, message).with_hint(hint)));
        }
        keys.insert(pointer, path);
    }
    Ok(keys)
}

/// Refuses expressions in a field that is passed on as it is, such as the text of a script.
pub(crate) fn verbatim(with: &Tree, schema: &Value, file: &JobText) -> Result<(), JobError> {
    for pointer in marked(schema, &with.raw(), VERBATIM) {
        let field = with.at(&pointer);
        if let Some(Tree { position, node: Node::Text(text) }) = field
            && text.contains("${{")
        {
            let message = "a script is not filled in: a value could change what it does";
            let hint = "pass the value by `env` and use the variable";
            return Err(JobError::at("job.invalid-step", file.at(*position, message).with_hint(hint)));
        }
    }
    Ok(())
}

/// Refuses a freedom that no administrator has allowed.
///
/// # Errors
/// `plugin.not-permitted`
pub(crate) fn permitted(step: &PreparedStep, project: &ProjectName, settings: &Settings) -> Result<(), EngineError> {
    let plugin = step.step.uses.plugin.as_str();
    let refuse = |what: String, help: String| Err(EngineError::NotPermitted { step: step.step.id.clone(), what, help });
    let direct = step.metadata.network.direct;
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

/// Where a step may connect to: the services and hosts that its step type declares, and the addresses that its `with`
/// names.
pub(crate) fn granted(step: &PreparedStep, settings: &Settings) -> Result<Vec<Destination>, EngineError> {
    let mut granted = Vec::new();
    let wrong = |error: windlass_network::DestinationError| EngineError::Destination {
        step: step.step.id.clone(),
        message: error.to_string(),
    };
    for service in &step.metadata.network.aws {
        match (settings.endpoints.services.get(service), &step.account) {
            (Some(url), _) => granted.push(Destination::of_url(url).map_err(wrong)?.local()),
            (None, Some(account)) => granted.extend(aws_destinations(service, &account.region.name)),
            (None, None) => {}
        }
    }
    for host in &step.metadata.network.hosts {
        granted.push(Destination::parse(host).map_err(wrong)?);
    }
    for pointer in marked(&step.metadata.config, &step.config, ENDPOINT) {
        let url = step.config.pointer(&pointer).and_then(Value::as_str).unwrap_or_default();
        granted.push(Destination::of_url(url).map_err(wrong)?);
    }
    Ok(granted)
}

/// All of it, for the step's host.
pub(crate) fn of_step(step: &PreparedStep, runner: &Runner) -> Surroundings {
    let settings = &runner.settings;
    let direct = step.metadata.network.direct;
    Surroundings {
        network: if direct { NetworkAccess::Direct } else { NetworkAccess::Brokered },
        connections: Connections { network: runner.network.clone(), granted: step.granted.clone() },
        sandbox: sandbox(step, runner),
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

fn sandbox(step: &PreparedStep, runner: &Runner) -> Sandbox {
    if step.step.uses.plugin != SHELL {
        return Sandbox::Strict;
    }
    match step.config.get("sandbox").and_then(Value::as_str) {
        Some("none") => Sandbox::None,
        Some("strict") => Sandbox::Strict,
        _ => Sandbox::Standard { hidden: hidden(runner) },
    }
}

fn wants_no_sandbox(step: &PreparedStep) -> bool {
    step.step.uses.plugin == SHELL && step.config.get("sandbox").is_some_and(|sandbox| sandbox == "none")
}

/// What could make a step more than its project: data, keys, plugins, and what decides about them.
fn hidden(runner: &Runner) -> Vec<PathBuf> {
    let settings = &runner.settings;
    let files = [&settings.data_dir, &settings.master_key_file, &settings.plugin_lock_file];
    files.into_iter().chain(&settings.plugin_dirs).chain(&runner.configuration).cloned().collect()
}

fn environment(step: &PreparedStep, settings: &Settings) -> BTreeMap<String, String> {
    let shell = &settings.shell;
    let mut environment = if step.step.uses.plugin == SHELL {
        vec![("PATH", shell.path.clone()), ("LANG", shell.lang.clone()), ("TZ", shell.time_zone.clone())]
    } else {
        vec![("PATH", PATH.to_owned()), ("LANG", "C.UTF-8".to_owned())]
    };
    let home = shell.home.clone().or_else(own_home).filter(|_| step.step.uses.plugin == SHELL);
    environment.extend(home.map(|home| ("HOME", home.to_string_lossy().into_owned())));
    environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The home folder of this process's user, as the system's user database has it.
fn own_home() -> Option<PathBuf> {
    nix::unistd::User::from_uid(nix::unistd::Uid::effective()).ok()?.map(|user| user.dir)
}
