use std::io;
use std::path::PathBuf;

use windlass_errors::{Code, Report};
use windlass_plugin_api::frames::Containment;
use windlass_plugin_api::note;
use windlass_settings::yaml::YamlError;

/// Why a plugin was refused or its host failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum HostingError {
    #[error("no plugin `{name}` in {}", folders(.directories))]
    NotFound { name: String, directories: Vec<PathBuf>, refused: Vec<String>, hint: String },
    #[error("`{}` is no Windlass plugin", .path.display())]
    NotAPlugin { path: PathBuf, why: &'static str },
    #[error("plugin `{}` cannot be read", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("plugin `{}` is damaged: {why}", .path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("plugin `{}` was built for {built_for}; this runner needs {wanted}", .path.display())]
    WrongTarget { path: PathBuf, built_for: String, wanted: &'static str },
    #[error("plugin `{}` was built for plugin ABI {built_for}; this runner needs ABI {}", .path.display(), note::ABI)]
    WrongAbi { path: PathBuf, built_for: String },
    #[error("{0}")]
    Manifest(Box<YamlError>),
    #[error("`{}` is not used, because `{}` {why}", .path.display(), .place.display())]
    Unsafe { path: PathBuf, place: PathBuf, why: String },
    #[error("plugin `{name}` is not used: `{}` has other bytes than `{}` accepts", .path.display(), .lock.display())]
    NotLocked { name: String, path: PathBuf, lock: PathBuf, found: String, locked: Option<String> },
    #[error("the plugin lock `{}` cannot be used: {why}", .path.display())]
    LockUnusable { path: PathBuf, why: String },
    #[error("plugin `{name}` is there twice: `{}` and `{}`", .first.display(), .second.display())]
    Duplicate { name: String, first: PathBuf, second: PathBuf },
    #[error("plugin `{plugin}` could not be loaded: {why}")]
    NotLoaded { plugin: String, why: String },
    #[error("the plugin host could not be started")]
    NotStarted { source: io::Error },
    #[error("the plugin host is of version {found}, this runner of {}", env!("CARGO_PKG_VERSION"))]
    WrongHost { found: String },
    #[error("the plugin host could not be restricted: {why}")]
    NotRestricted { why: String },
    #[error("plugin `{plugin}` is contained `{}` only, and `{}` is demanded", .containment.as_str(), .required.as_str())]
    NotContained { plugin: String, containment: Containment, required: Containment },
    #[error("plugin `{plugin}` crashed: its host was ended by {signal}")]
    Crashed { plugin: String, signal: String },
    #[error("plugin `{plugin}` ended without a result: its host exited with code {exit}")]
    NoResult { plugin: String, exit: i32 },
    #[error("plugin `{plugin}` broke the protocol: {why}")]
    Protocol { plugin: String, why: String },
    #[error("plugin `{plugin}` panicked: {message}")]
    Panicked { plugin: String, message: String },
    #[error("plugin `{plugin}` wrote more than {limit} bytes of output")]
    Flooded { plugin: String, limit: u64 },
}

impl Report for HostingError {
    fn code(&self) -> Code {
        Code::new(match self {
            Self::NotFound { .. } => "plugin.not-found",
            Self::NotAPlugin { .. } => "plugin.not-a-plugin",
            Self::Unreadable { .. } | Self::Damaged { .. } | Self::NotLoaded { .. } => "plugin.damaged",
            Self::WrongTarget { .. } => "plugin.wrong-target",
            Self::WrongAbi { .. } => "plugin.wrong-abi",
            Self::Manifest(_) => "plugin.invalid-manifest",
            Self::Unsafe { .. } => "plugin.unsafe-file",
            Self::NotLocked { .. } => "plugin.not-locked",
            Self::LockUnusable { .. } => "plugin.lock-unusable",
            Self::Duplicate { .. } => "plugin.duplicate",
            Self::NotStarted { .. } | Self::WrongHost { .. } | Self::NotRestricted { .. } => "plugin.host-failed",
            Self::NotContained { .. } => "plugin.not-contained",
            Self::Crashed { .. } => "plugin.crashed",
            Self::NoResult { .. } => "plugin.no-result",
            Self::Protocol { .. } => "plugin.protocol",
            Self::Panicked { .. } => "plugin.panicked",
            Self::Flooded { .. } => "plugin.flooded",
        })
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { refused, hint, .. } if refused.is_empty() => {
                format!("{hint}; put the plugin's `.so` into that folder, or name another one in `pluginDirs`")
            }
            Self::NotFound { refused, .. } => format!("refused there: {}", refused.join("; ")),
            Self::NotAPlugin { why, .. } => format!("{why}; see `windlass plugin list`"),
            Self::Manifest(error) => return error.hint.clone(),
            Self::Damaged { .. } => "copy or build it again".to_owned(),
            Self::WrongTarget { wanted, .. } => format!("build the plugin for {wanted}"),
            Self::WrongAbi { .. } => {
                "rebuild the plugin with the `windlass-plugin-api` of this runner's version".to_owned()
            }
            Self::Unsafe { place, .. } => format!(
                "whoever may write there could run code with your credentials: `chmod go-w {0}`, or `chown` it to \
                 yourself or root",
                place.display()
            ),
            Self::NotLocked { name, found, locked, .. } => format!(
                "it has SHA-256 {found}, accepted is {}; if the change is meant, `windlass plugin update {name}`",
                locked.as_deref().unwrap_or("none of this name")
            ),
            Self::LockUnusable { .. } => {
                "repair it, or remove it and write it anew: `windlass plugin update`".to_owned()
            }
            Self::Duplicate { .. } => "remove one of them".to_owned(),
            Self::NotContained { plugin, .. } => format!(
                "`windlass plugin show {plugin}` prints what is missing; `limits.containment` says what is demanded"
            ),
            Self::Crashed { signal, .. } if signal == "SIGABRT" => {
                "it aborted, or needed more memory than `limits.stepMemory`; its last output is in the log".to_owned()
            }
            Self::NotStarted { source } if source.kind() == io::ErrorKind::NotFound => {
                "install `windlass-plugin-host` of the same version beside `windlass`".to_owned()
            }
            Self::WrongHost { .. } => {
                "install `windlass` and `windlass-plugin-host` of one version; a running runner has to be restarted"
                    .to_owned()
            }
            Self::Crashed { .. } | Self::Panicked { .. } => {
                "this is a fault in the plugin; its last output is in the log".to_owned()
            }
            Self::Flooded { .. } => "write less, or raise `limits.stepOutput`".to_owned(),
            _ => return None,
        })
    }

    fn snippet(&self) -> Option<String> {
        match self {
            Self::Manifest(error) => Some(error.snippet.clone()),
            _ => None,
        }
    }
}

impl From<YamlError> for HostingError {
    fn from(error: YamlError) -> Self {
        Self::Manifest(Box::new(error))
    }
}

fn folders(directories: &[PathBuf]) -> String {
    if directories.is_empty() {
        return "any folder, because `pluginDirs` is empty".to_owned();
    }
    let names: Vec<String> = directories.iter().map(|folder| format!("`{}`", folder.display())).collect();
    names.join(", ")
}
