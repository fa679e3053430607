//! What most commands begin with.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use windlass_hosting::Catalog;
use windlass_keys::KeyStorage;
use windlass_network::{Destination, Network, NoProxy, Proxy};
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
    Catalog::new(settings.plugin_dirs.clone(), settings.plugin_lock_file.clone())
}

/// How steps connect. The proxy's password is read from key storage here, once.
pub(crate) async fn network(settings: &Settings, keys: &KeyStorage) -> Result<Arc<Network>, Problem> {
    let wrong = |error: &dyn std::error::Error| Problem::coded("config.invalid", format!("`network`: {error}"));
    let network = &settings.network;
    let mut proxy = network.proxy.as_deref().map(Proxy::parse).transpose().map_err(|error| wrong(&error))?;
    if let (Some(known), Some(path)) = (proxy.take_if(|_| network.proxy_password.is_some()), &network.proxy_password) {
        let password = keys.get(path).await?;
        let password = String::from_utf8_lossy(password.expose_secret()).into_owned();
        proxy = Some(known.with_password(SecretString::from(password)).map_err(|error| wrong(&error))?);
    }
    let no_proxy: Result<Vec<_>, _> = network.no_proxy.iter().map(|text| NoProxy::parse(text)).collect();
    let local: Result<Vec<_>, _> = network.local_destinations.iter().map(|text| Destination::parse(text)).collect();
    let (no_proxy, local) = (no_proxy.map_err(|error| wrong(&error))?, local.map_err(|error| wrong(&error))?);
    Ok(Arc::new(Network::new(proxy, no_proxy, local)))
}

/// The certificates of the authorities that steps trust beside the system's.
pub(crate) fn certificates(settings: &Settings) -> Result<Option<String>, Problem> {
    let mut all = String::new();
    for file in &settings.network.certificate_authorities {
        let shown = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|error| Problem::coded("config.unreadable", format!("cannot read `{shown}`: {error}")))?;
        if !text.contains("-----BEGIN CERTIFICATE-----") {
            let message = format!("`{shown}` of `network.certificateAuthorities` has no certificate in PEM in it");
            return Err(Problem::coded("config.invalid", message));
        }
        all += &text;
        all.push('\n');
    }
    Ok((!all.is_empty()).then_some(all))
}
