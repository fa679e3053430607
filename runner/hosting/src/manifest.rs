//! Manifests: how a program in any language becomes a plugin. `NAME.plugin.yaml` lies beside its program and says what
//! an ELF note and a plugin's metadata say otherwise, so that nothing has to be started to know it.
//!
//! Deliberately absent: checking `network.hosts`, which whoever grants connections does for every kind of plugin.

mod read;
mod shape;

use std::path::{Path, PathBuf};

use windlass_plugin_api::PluginMetadata;
use windlass_settings::yaml::{self, Position, YamlError};

use crate::{HostingError, Identity};

/// What the names of manifests end with.
pub(crate) const SUFFIX: &str = ".plugin.yaml";
/// Of what is wrong with a schema, in characters; it may quote the schema.
const LONGEST_REASON: usize = 300;

/// A manifest that follows all rules but those that need its program or its schemas.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) metadata: PluginMetadata,
    /// Below the manifest's folder.
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    path: PathBuf,
    text: String,
    program_at: Position,
    /// Where the configuration and the outputs of each step are described.
    schemas_at: Vec<[Position; 2]>,
}

impl Manifest {
    /// Reads a manifest; `path` is only named in errors.
    ///
    /// # Errors
    /// [`HostingError::Manifest`] with the place of the first broken rule.
    pub(crate) fn parse(path: &Path, text: String) -> Result<Self, HostingError> {
        read::parse(path, text).map_err(HostingError::from)
    }

    pub(crate) fn identity(&self) -> Identity {
        let (name, version) = (self.metadata.name.clone(), self.metadata.version.clone());
        Identity { name, version, api: yaml::API_VERSION.to_owned() }
    }

    /// Checks that the schemas are such. It takes longer than everything else here, so it is not done for a listing.
    ///
    /// # Errors
    /// [`HostingError::Manifest`] with the place of the first that is none.
    pub(crate) fn check_schemas(&self) -> Result<(), HostingError> {
        for (step, [config, outputs]) in self.metadata.steps.iter().zip(&self.schemas_at) {
            for (what, schema, place) in [("config", &step.config, config), ("outputs", &step.outputs, outputs)] {
                if let Err(error) = jsonschema::meta::validate(schema) {
                    let at = error.instance_path();
                    let at = if at.is_empty() { String::new() } else { format!(", at `{at}`") };
                    let error: String = error.masked().to_string().chars().take(LONGEST_REASON).collect();
                    let why = format!("`{what}` of step type `{}` is no valid JSON Schema{at}: {error}", step.name);
                    return Err(self.at(*place, why).into());
                }
            }
        }
        Ok(())
    }

    /// An error about the program that the manifest names.
    pub(crate) fn about_program(&self, why: impl Into<String>) -> HostingError {
        self.at(self.program_at, why).into()
    }

    fn at(&self, place: Position, why: impl Into<String>) -> YamlError {
        YamlError::at(&self.path, &self.text, place, why)
    }
}

#[cfg(test)]
mod tests;
