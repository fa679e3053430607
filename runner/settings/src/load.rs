use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::check::{FileRead, check};
use crate::environment::{self, CONFIG};
use crate::error::{Problem, Problems, SettingsError};
use crate::installation::Installation;
use crate::layers::{Layers, Origin};
use crate::shape::ConfigurationShape;
use crate::shown::{ShownValue, shown};
use crate::yaml::{self, Position};
use crate::{FilePlace, Settings};

/// The commented defaults: a layer of their own, and the reference that users read.
pub const DEFAULTS: &str = include_str!("../../../config/default.yaml");

const KIND: &str = "Configuration";

/// What the flags say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--config`: the file to read, which then has to exist.
    pub config: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--plugin-dir`, as often as given; together they replace the list of the other layers.
    pub plugin_dirs: Vec<PathBuf>,
}

/// The settings, and where each value comes from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The checked values.
    pub settings: Settings,
    file: Option<PathBuf>,
    shown: Vec<ShownValue>,
    warnings: Vec<String>,
}

impl Loaded {
    /// Every value in effect with its origin.
    pub fn shown(&self) -> Vec<ShownValue> {
        self.shown.clone()
    }

    /// What is odd but no error, one line each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The file that was read; none when there is none at its usual places.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

/// Loads the layers: defaults, the file, the environment, flags. The later one wins, value by value.
///
/// The file is the one of the flag, or of `WINDLASS_CONFIG`, or the first that exists of
/// `$XDG_CONFIG_HOME/windlass/windlass.yaml` (not for root) and `/etc/windlass/windlass.yaml`. None is fine as well.
/// Relative paths are relative to the file that they stand in, and in flags and variables to the current folder.
pub fn load(
    overrides: &Overrides,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Loaded, SettingsError> {
    load_for(&Installation::detect(), overrides, environment)
}

/// Like [`load`], for an installation other than the one that this process runs in.
pub fn load_for(
    installation: &Installation,
    overrides: &Overrides,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Loaded, SettingsError> {
    let environment: BTreeMap<String, String> = environment.into_iter().collect();
    let file = find_file(installation, overrides, &environment)?;
    let shape = file.as_ref().map(|(path, text)| yaml::document::<ConfigurationShape>(path, text, KIND));
    let shape = shape.transpose().map_err(|error| invalid(vec![error.into()]))?;
    let read = file.as_ref().zip(shape.as_ref());
    let read = read.map(|((path, text), shape)| FileRead { path, text, shape });

    let (variables, mut warnings) = environment::read(&environment);
    let mut layers = default_layer(installation, &environment);
    if let Some(read) = &read {
        let base = read.path.parent().unwrap_or(Path::new("."));
        layers.add_shape(read.shape, base, |position| place_in(read.path, position));
    }
    layers.add_environment(variables, &installation.current_dir);
    layers.add_flags(overrides, &installation.current_dir);

    let (settings, odd) = check(read.as_ref(), &layers).map_err(invalid)?;
    warnings.extend(odd);
    let project_lines: Vec<Origin> = read.iter().flat_map(project_origins).collect();
    let shown = shown(&settings, &layers, &project_lines);
    Ok(Loaded { settings, file: file.map(|(path, _)| path), shown, warnings })
}

fn invalid(problems: Vec<Problem>) -> SettingsError {
    SettingsError::Invalid(Problems::new(problems).expect("a check that fails has recorded why"))
}

fn place_in(file: &Path, position: Position) -> Origin {
    Origin::File(FilePlace { file: file.to_owned(), line: position.line, column: position.column })
}

fn project_origins(read: &FileRead<'_>) -> impl Iterator<Item = Origin> {
    read.shape.projects.iter().map(|project| place_in(read.path, (&project.name).into()))
}

/// The embedded defaults, and those that depend on the user and the executable.
fn default_layer(installation: &Installation, environment: &BTreeMap<String, String>) -> Layers {
    let mut layers = Layers::default();
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    layers.set("dataDir", text(installation.data_dir(environment)), Origin::Default);
    layers.set("masterKeyFile", text(installation.master_key_file(environment)), Origin::Default);
    layers.set("pluginLockFile", text(installation.plugin_lock_file(environment)), Origin::Default);
    let plugin_dirs: Vec<String> = installation.plugin_dir().map(text).into_iter().collect();
    layers.set("pluginDirs", plugin_dirs, Origin::Default);

    let shape: ConfigurationShape =
        yaml::document(Path::new("the built-in defaults"), DEFAULTS, KIND).expect("a test reads the built-in defaults");
    layers.add_shape(&shape, Path::new("/"), |_| Origin::Default);
    layers
}

/// The file and its text. A candidate that does not exist is passed over, one that cannot be read is not.
fn find_file(
    installation: &Installation,
    overrides: &Overrides,
    environment: &BTreeMap<String, String>,
) -> Result<Option<(PathBuf, String)>, SettingsError> {
    let variable = || environment.get(CONFIG).filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(path) = overrides.config.clone().or_else(variable) {
        let path = installation.current_dir.join(path);
        return match yaml::read(&path) {
            Ok(text) => Ok(Some((path, text))),
            Err(source) => Err(SettingsError::Unreadable { path, source }),
        };
    }
    for path in installation.candidates(environment) {
        match yaml::read(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {}
            Err(source) => return Err(SettingsError::Unreadable { path, source }),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
