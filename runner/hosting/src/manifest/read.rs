use std::path::{Component, Path, PathBuf};

use windlass_plugin_api::{NetworkMetadata, PluginMetadata, StepMetadata};
use windlass_settings::yaml::{API_VERSION, Position, Spanned, YamlError, document};

use super::Manifest;
use super::shape::{Access, ManifestFile, ResourcesFile, StepFile};
use crate::identity::is_name;

const LONGEST_NAME: usize = 100;

pub(super) fn parse(path: &Path, text: String) -> Result<Manifest, YamlError> {
    let read: ManifestFile = document(path, &text, "Plugin")?;
    let rules = Rules { path, text: &text };
    rules.name(&read.name, "a plugin's name")?;
    rules.version(&read.version)?;
    let program = rules.program(&read.program)?;
    for argument in &read.arguments {
        if argument.value.contains('\0') {
            return Err(rules.at(argument, "an argument has no zero bytes"));
        }
    }
    if read.steps.value.is_empty() {
        return Err(rules.at(&read.steps, "a plugin has at least one step type"));
    }
    let (mut steps, mut schemas_at) = (Vec::new(), Vec::new());
    for step in read.steps.value {
        schemas_at.push([Position::from(&step.config), Position::from(&step.outputs)]);
        let step = rules.step(step, read.network, &steps)?;
        steps.push(step);
    }
    let metadata = PluginMetadata {
        name: read.name.value,
        version: read.version.value,
        api: API_VERSION.to_owned(),
        title: read.title,
        description: read.description,
        steps,
    };
    let arguments = read.arguments.into_iter().map(|argument| argument.value).collect();
    let program_at = Position::from(&read.program);
    Ok(Manifest { metadata, program, arguments, path: path.to_owned(), text, program_at, schemas_at })
}

struct Rules<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Rules<'_> {
    fn at(&self, place: impl Into<Position>, why: impl Into<String>) -> YamlError {
        YamlError::at(self.path, self.text, place, why)
    }

    fn name(&self, name: &Spanned<String>, what: &str) -> Result<(), YamlError> {
        if !is_name(&name.value) || name.value.len() > LONGEST_NAME {
            let rule = format!("{what} has 1 to {LONGEST_NAME} small letters, digits and `-`");
            return Err(self.at(name, rule));
        }
        Ok(())
    }

    fn version(&self, version: &Spanned<String>) -> Result<(), YamlError> {
        let plain = version.value.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b));
        if version.value.is_empty() || !plain || version.value.len() > LONGEST_NAME {
            let rule = "a version has letters, digits, `.`, `-` and `+`; quote it: `\"1.0\"`";
            return Err(self.at(version, rule));
        }
        Ok(())
    }

    /// A plugin's files stay together: what is checked for one folder is checked for all.
    fn program(&self, program: &Spanned<String>) -> Result<PathBuf, YamlError> {
        let path = PathBuf::from(&program.value);
        let below = path.components().all(|part| matches!(part, Component::Normal(_)));
        if program.value.is_empty() || !below || program.value.ends_with('/') {
            return Err(self.at(program, "a program is a relative path below the manifest's folder, without `..`"));
        }
        if program.value.contains(|c: char| c.is_control() || c == '\\') {
            return Err(self.at(program, "a program's path has neither control characters nor `\\`"));
        }
        Ok(path)
    }

    fn step(&self, step: StepFile, access: Access, before: &[StepMetadata]) -> Result<StepMetadata, YamlError> {
        self.name(&step.name, "a step type's name")?;
        if before.iter().any(|other| other.name == step.name.value) {
            return Err(self.at(&step.name, "another step type has this name already"));
        }
        for schema in [&step.config, &step.outputs] {
            if !schema.value.is_object() {
                return Err(self.at(schema, "a JSON Schema with keys belongs here, such as `type: object`"));
            }
        }
        Ok(StepMetadata {
            name: step.name.value,
            title: step.title,
            description: step.description,
            config: step.config.value,
            outputs: step.outputs.value,
            actions: step.actions,
            resources: step.resources.into_iter().map(ResourcesFile::metadata).collect(),
            needs_account: step.needs_account,
            takes_account: step.takes_account,
            verifies_account: step.verifies_account,
            repeatable: step.repeatable,
            resumable: step.resumable,
            network: NetworkMetadata {
                aws: step.network.aws,
                hosts: step.network.hosts,
                direct: access == Access::Direct,
            },
            example: step.example,
        })
    }
}
