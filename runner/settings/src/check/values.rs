use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::Checker;
use crate::layers::Merged;
use crate::text::{parse_bytes, parse_duration};
use crate::{Containment, Limits, StepLogAction};

/// Less does not even load a plugin with a TLS stack.
const LEAST_MEMORY: u64 = 16 << 20;
const LEAST_OUTPUT: u64 = 1 << 10;
const LEAST_LOG: u64 = 1 << 10;
/// An interpreter with a few threads and a pipeline.
const LEAST_PROCESSES: u64 = 16;
const LONGEST_GRACE: Duration = Duration::from_secs(3600);

impl Checker<'_> {
    /// The data folder, the master key file and the plugin folders.
    pub(super) fn places(&mut self, merged: &Merged) -> Option<(PathBuf, PathBuf, Vec<PathBuf>)> {
        let data_dir = self.path("dataDir", &merged.data_dir);
        let master_key_file = self.path("masterKeyFile", &merged.master_key_file);
        let plugin_dirs = merged.plugin_dirs.iter().filter_map(|dir| self.path("pluginDirs", dir)).collect();
        let (data_dir, master_key_file) = (data_dir?, master_key_file?);
        if plain(&master_key_file).starts_with(plain(&data_dir)) {
            let chosen = if self.layers.origin("masterKeyFile") == "default" { "dataDir" } else { "masterKeyFile" };
            let message = "the master key would lie in the data folder, and with it in every backup of it";
            let hint = "let `masterKeyFile` be a file outside `dataDir`".to_owned();
            self.fault_key(chosen, message, Some(hint));
        }
        Some((data_dir, master_key_file, plugin_dirs))
    }

    pub(super) fn path(&mut self, key: &str, text: &str) -> Option<PathBuf> {
        let path = Path::new(text);
        let reason = if text.is_empty() {
            "a path may not be empty"
        } else if text.contains(['\0', char::REPLACEMENT_CHARACTER]) {
            "the path is not valid UTF-8"
        } else if path.components().any(|part| part.as_os_str() == "~") {
            "`~` is not expanded here; write the home folder out"
        } else {
            return Some(path.to_owned());
        };
        self.fault_key(key, reason, None);
        None
    }

    pub(super) fn limits(&mut self, merged: &Merged) -> Option<Limits> {
        let limits = &merged.limits;
        let memory = self.value("limits.stepMemory", &limits.step_memory, |text| {
            let bytes = parse_bytes(text)?;
            if bytes < LEAST_MEMORY { Err("a step needs at least 16MiB of memory".to_owned()) } else { Ok(bytes) }
        });
        let output = self.value("limits.stepOutput", &limits.step_output, |text| {
            let bytes = parse_bytes(text)?;
            if bytes < LEAST_OUTPUT { Err("a step needs at least 1KiB of output".to_owned()) } else { Ok(bytes) }
        });
        let log = self.value("limits.stepLog", &limits.step_log, |text| {
            let bytes = parse_bytes(text)?;
            if bytes < LEAST_LOG { Err("at least 1KiB of a step's log is kept".to_owned()) } else { Ok(bytes) }
        });
        let log_action = self.value("limits.stepLogAction", &limits.step_log_action, StepLogAction::parse);
        let artifacts =
            self.value("limits.projectArtifacts", &limits.project_artifacts, |text| match parse_bytes(text)? {
                0 => Err("a project that may keep nothing can run no step with a result".to_owned()),
                bytes => Ok(bytes),
            });
        let grace = self.value("limits.cancelGrace", &limits.cancel_grace, |text| {
            let grace = parse_duration(text)?;
            if grace > LONGEST_GRACE { Err("the grace period is at most 1h".to_owned()) } else { Ok(grace) }
        });
        let processes = self.value("limits.stepProcesses", &limits.step_processes, |text| match text.parse() {
            Ok(count) if count >= LEAST_PROCESSES => Ok(count),
            _ => Err(format!("it is a number of at least {LEAST_PROCESSES}")),
        });
        let containment = self.value("limits.containment", &limits.containment, Containment::parse);
        Some(Limits {
            step_memory_bytes: memory?,
            step_output_bytes: output?,
            step_log_bytes: log?,
            step_log_action: log_action?,
            step_processes: processes?,
            containment: containment?,
            cancel_grace: grace?,
            project_artifacts_bytes: artifacts?,
        })
    }

    pub(super) fn value<T>(&mut self, key: &str, text: &str, rule: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        rule(text).map_err(|reason| self.fault_key(key, reason, None)).ok()
    }
}

/// The path without `.` and `..`, for comparison only: a link in it is not followed.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
