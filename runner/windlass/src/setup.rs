//! What most commands begin with.

use windlass_hosting::Catalog;
use windlass_keys::KeyStorage;
use windlass_settings::{Loaded, Overrides, Settings, load};
use windlass_store::Store;

use crate::arguments::Global;
use crate::problem::Problem;
use crate::show;

/// Loads the configuration and prints what is odd about it.
pub(crate) fn configuration(global: &Global) -> Result<Loaded, Problem> {
    let overrides = Overrides {
        config: global.config.clone(),
        data_dir: global.data_dir.clone(),
        plugin_dirs: global.plugin_dirs.clone(),
    };
    // A variable that is no text cannot be one of ours.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let loaded = load(&overrides, environment)?;
    for warning in loaded.warnings() {
        show::talk(format_args!("warning: {warning}"));
    }
    Ok(loaded)
}

pub(crate) async fn store(settings: &Settings) -> Result<Store, Problem> {
    Ok(Store::open(&settings.data_dir).await?)
}

pub(crate) fn keys(settings: &Settings, store: &Store) -> KeyStorage {
    KeyStorage::new(store.clone(), settings.master_key_file.clone(), &settings.data_dir)
}

pub(crate) fn catalog(settings: &Settings) -> Catalog {
    Catalog::new(settings.plugin_dirs.clone())
}
