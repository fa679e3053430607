//! What plugins say of themselves, asked once for each plugin's bytes.

use windlass_hosting::{HostLimits, Library, describe};
use windlass_plugin_api::PluginMetadata;

use crate::{EngineError, Workshop, scratch};

/// The library's metadata: as an earlier run recorded it, else from a host that is started for it.
///
/// The record is found by the hash of the bytes and the runner's version, so it is never that of another library, and a new
/// runner, which may read more, asks again.
pub(crate) async fn metadata(
    library: &Library,
    limits: &HostLimits,
    workshop: Workshop<'_>,
) -> Result<PluginMetadata, EngineError> {
    if let Some(metadata) = library.metadata() {
        return Ok(metadata.clone());
    }
    let store = workshop.store;
    let name = format!("plugin-metadata/{}/{}", env!("CARGO_PKG_VERSION"), library.sha256);
    if let Some(recorded) = store.meta(&name).await?.and_then(|text| serde_json::from_str(&text).ok()) {
        return Ok(recorded);
    }
    let metadata = describe(library, limits, &scratch(workshop.settings)).await?.metadata;
    let text = serde_json::to_string(&metadata).expect("metadata was read from JSON");
    store.set_meta_if_absent(&name, &text).await?;
    Ok(metadata)
}
