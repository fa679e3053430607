//! What most commands begin with.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use windlass_credentials::{Environment, Sessions};
use windlass_engine::schedules::KnownCalendars;
use windlass_engine::{Engine, EngineError, KnownAccounts, Lease, Member, Plugins, Quota, Running, StoredJobs};
use windlass_hosting::Catalog;
use windlass_keys::KeyStorage;
use windlass_kms::KeysOfKms;
use windlass_mounts::Mounts;
use windlass_network::{Destination, Network, NoProxy, Proxy};
use windlass_settings::{Backend, Loaded, Overrides, Postgres, Settings, load};
use windlass_store::{Durability, Location, PostgresLocation, Role, Store};
use zeroize::Zeroizing;

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
    let location = match &settings.database.backend {
        Backend::Sqlite => Location::Sqlite { data_dir: settings.data_dir.clone() },
        Backend::Postgres(Postgres { url, password_file, max_connections, .. }) => {
            let password = password_file.as_deref().map(|file| password("database.passwordFile", file)).transpose()?;
            Location::Postgres(PostgresLocation { url: url.clone(), password, max_connections: *max_connections })
        }
    };
    let durability = match settings.database.durability {
        windlass_settings::Durability::Full => Durability::Full,
        windlass_settings::Durability::Process => Durability::Process,
    };
    Ok(Store::open(&location, durability).await?)
}

/// The password of the database's user, from a file that nobody else may read; `setting` is where the file is named.
pub(crate) fn password(setting: &str, file: &Path) -> Result<SecretString, Problem> {
    let shown = file.display();
    let unusable = |why: String| Problem::coded("store.unavailable", format!("`{setting}`: {why}"));
    let read = || -> std::io::Result<(u32, Zeroizing<String>)> {
        let mut open = std::fs::File::open(file)?;
        let (length, mode) = (open.metadata()?.len(), open.metadata()?.permissions().mode());
        // With room for all of it, so that it is never moved.
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(length).unwrap_or(0) + 1));
        open.read_to_string(&mut text)?;
        Ok((mode, text))
    };
    let (mode, text) = read().map_err(|error| unusable(format!("cannot read `{shown}`: {error}")))?;
    if mode & 0o077 != 0 {
        return Err(unusable(format!("`{shown}` may be read by others; `chmod 600 {shown}`")));
    }
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

/// What it takes to look at executions, and to tell the processes that run them.
pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) member: Member,
}

/// Opens the database, and comes to the data directory for as long as the command takes.
pub(crate) async fn desk(global: &Global) -> Result<Desk, Problem> {
    desk_of(&configuration(global)?.settings).await
}

pub(crate) async fn desk_of(settings: &Settings) -> Result<Desk, Problem> {
    let store = store(settings).await?;
    let member = member(settings, Role::Run)?.on(&store);
    Ok(Desk { store, member })
}

fn member(settings: &Settings, role: Role) -> Result<Member, Problem> {
    let failed = |source| EngineError::Member { path: settings.data_dir.clone(), source };
    Ok(Member::enter(&settings.data_dir, role).map_err(failed)?)
}

/// What running executions takes.
pub(crate) async fn engine(loaded: Loaded, role: Role) -> Result<Engine, Problem> {
    let configuration = loaded.file().map(Path::to_owned);
    let settings = loaded.settings;
    let certificates = certificates(&settings)?;
    let store = store(&settings).await?;
    let keys = keys(&settings, &store);
    let sessions = Sessions::new(settings.endpoints.clone(), keys.clone(), Environment::of_process());
    let network = network(&settings, &keys).await?;
    let member = member(&settings, role)?.on(&store);
    let lease = Lease::on(&store, settings.server.lease);
    let plugins = Plugins::new(catalog(&settings));
    Ok(Engine {
        settings,
        accounts: KnownAccounts::default(),
        store,
        sessions,
        keys,
        network,
        plugins,
        certificates,
        configuration,
        member,
        lease,
        running: Running::default(),
        jobs: StoredJobs::default(),
        quota: Quota::default(),
        calendars: KnownCalendars::default(),
    })
}

pub(crate) fn keys(settings: &Settings, store: &Store) -> KeyStorage {
    let mut stored = KeyStorage::new(store.clone(), settings.master_key_file.clone(), &settings.data_dir);
    if let Some(kms) = KeysOfKms::of(settings, stored.clone(), Environment::of_process()) {
        stored = stored.with_kms(Arc::new(kms));
    }
    if settings.key_mounts.is_empty() {
        return stored;
    }
    let mounts = Mounts::new(settings, stored.clone(), Environment::of_process());
    stored.with(Arc::new(mounts))
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
