//! The plugins of a process: loaded and described once for as long as their files stay as they are.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use windlass_hosting::{Catalog, HostLimits, HostingError, Identity, Library, describe};
use windlass_jobs::ConfigSchema;
use windlass_plugin_api::{PluginMetadata, StepMetadata};
use windlass_settings::Settings;
use windlass_store::Store;

use crate::{EngineError, surroundings};

/// Loads plugins. What is loaded stays so for those who hold it; whoever asks again after a file has changed gets the new one.
pub struct Plugins {
    catalog: Catalog,
    known: Mutex<BTreeMap<String, Known>>,
}

/// A plugin, and the files that it was found in as they were then: the plugin folders, in which a file that is added, removed
/// or renamed leaves its mark, the lock file, and the plugin's own.
struct Known {
    files: Vec<Stamp>,
    plugin: Arc<Plugin>,
}

/// What changes when a file or folder does; the kernel sets the last two, in ticks of some milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    path: PathBuf,
    /// Nothing for a file that is not there.
    facts: Option<Facts>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Facts {
    device: u64,
    inode: u64,
    bytes: u64,
    changed_s: i64,
    changed_ns: i64,
}

/// A file that has just changed may change again within the same tick.
const TICK: Duration = Duration::from_secs(1);

/// A plugin in use.
#[derive(Debug)]
pub struct Plugin {
    /// Its bytes.
    pub library: Library,
    /// What it says of itself.
    pub metadata: PluginMetadata,
    /// Of its step types, in their order.
    schemas: Vec<OnceLock<ConfigSchema>>,
}

impl Plugin {
    fn new(library: Library, metadata: PluginMetadata) -> Self {
        let schemas = metadata.steps.iter().map(|_| OnceLock::new()).collect();
        Self { library, metadata, schemas }
    }

    /// The schema of a step type's configuration.
    pub(crate) fn schema(&self, name: &str) -> Option<&ConfigSchema> {
        let index = self.metadata.steps.iter().position(|step| step.name == name)?;
        Some(self.schemas[index].get_or_init(|| ConfigSchema::new(&self.metadata.steps[index].config)))
    }

    /// The step type of this name.
    pub fn step(&self, name: &str) -> Option<&StepMetadata> {
        self.metadata.steps.iter().find(|step| step.name == name)
    }
}

impl Plugins {
    /// Those in a catalog.
    pub fn new(catalog: Catalog) -> Self {
        Self { catalog, known: Mutex::default() }
    }

    /// The plugin of this name.
    ///
    /// # Errors
    /// When there is none, it is refused, or it cannot say what it is.
    pub async fn get(&self, name: &str, settings: &Settings, store: &Store) -> Result<Arc<Plugin>, EngineError> {
        if let Some(plugin) = self.known(name) {
            return Ok(plugin);
        }
        let (catalog, wanted) = (self.catalog.clone(), name.to_owned());
        let (before, library) = spawn(move || (stamps(catalog.places()), catalog.load(&wanted))).await;
        let library = library?;
        let own = library.files();
        let mut files = spawn(move || stamps(own)).await;
        let metadata = metadata(&library, settings, store).await?;
        let plugin = Arc::new(Plugin::new(library, metadata));
        files.extend(before);
        if are_settled(&files) {
            let known = Known { files, plugin: Arc::clone(&plugin) };
            self.all().insert(name.to_owned(), known);
        }
        Ok(plugin)
    }

    /// The names of all that are found.
    pub async fn names(&self) -> Vec<String> {
        self.identities().await.into_iter().map(|identity| identity.name).collect()
    }

    /// What all that are found say that they are, by their names.
    pub(crate) async fn identities(&self) -> Vec<Identity> {
        let catalog = self.catalog.clone();
        let found = spawn(move || catalog.find()).await;
        let mut identities: Vec<Identity> = found.into_iter().filter_map(|found| found.identity.ok()).collect();
        identities.sort_by(|one, other| one.name.cmp(&other.name));
        identities
    }

    /// The hash of a plugin's bytes; nothing for one that is refused.
    pub(crate) async fn sha256(&self, name: &str) -> Option<String> {
        if let Some(plugin) = self.known(name) {
            return Some(plugin.library.sha256.clone());
        }
        let (catalog, name) = (self.catalog.clone(), name.to_owned());
        spawn(move || catalog.load(&name).ok().map(|library| library.sha256.clone())).await
    }

    /// A plugin whose files are as they were. They are looked at here and now: the kernel has a handful of them at hand, and
    /// to hand the question to another thread takes longer than the answer.
    fn known(&self, name: &str) -> Option<Arc<Plugin>> {
        let (files, plugin) = self.all().get(name).map(|known| (known.files.clone(), Arc::clone(&known.plugin)))?;
        let unchanged = files.iter().all(|file| Facts::of(&file.path) == file.facts);
        unchanged.then_some(plugin)
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Facts {
    fn of(path: &Path) -> Option<Self> {
        let it = fs::metadata(path).ok()?;
        let (device, inode, bytes) = (it.dev(), it.ino(), it.size());
        Some(Self { device, inode, bytes, changed_s: it.ctime(), changed_ns: it.ctime_nsec() })
    }
}

fn stamps(paths: Vec<PathBuf>) -> Vec<Stamp> {
    paths.into_iter().map(|path| Stamp { facts: Facts::of(&path), path }).collect()
}

fn are_settled(files: &[Stamp]) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let changed = |facts: Facts| Duration::from_secs(u64::try_from(facts.changed_s).unwrap_or_default());
    files.iter().filter_map(|file| file.facts).all(|facts| changed(facts) + TICK < now)
}

async fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("looking at plugins does not panic")
}

/// The library's metadata: as an earlier run recorded it, else from a host that is started for it.
///
/// The record is found by the hash of the bytes and the runner's version, so it is never that of another library, and a new
/// runner, which may read more, asks again.
async fn metadata(library: &Library, settings: &Settings, store: &Store) -> Result<PluginMetadata, EngineError> {
    if let Some(metadata) = library.metadata() {
        return Ok(metadata.clone());
    }
    let name = format!("plugin-metadata/{}/{}", env!("CARGO_PKG_VERSION"), library.sha256);
    if let Some(recorded) = store.meta(&name).await?.and_then(|text| serde_json::from_str(&text).ok()) {
        return Ok(recorded);
    }
    let metadata = describe(library, &limits(settings), &surroundings::scratch(settings)).await?.metadata;
    let text = serde_json::to_string(&metadata).expect("metadata was read from JSON");
    store.set_meta_if_absent(&name, &text).await?;
    Ok(metadata)
}

/// What hosts may use.
pub(crate) fn limits(settings: &Settings) -> HostLimits {
    HostLimits {
        memory_bytes: settings.limits.step_memory_bytes,
        output_bytes: settings.limits.step_output_bytes,
        processes: settings.limits.step_processes,
    }
}

/// An error of finding a plugin that only says that there is none.
pub(crate) fn is_missing(error: &HostingError) -> bool {
    matches!(error, HostingError::NotFound { refused, .. } if refused.is_empty())
}
