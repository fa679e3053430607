use secrecy::{ExposeSecret as _, SecretSlice};
use windlass_credentials::{Calls, Environment, Sessions};
use windlass_keys::{Elsewhere, KeyEntry, KeyError, KeyStorage, LONGEST, Reading};
use windlass_settings::{KeyPath, Settings};

use crate::fetched::Fetched;
use crate::mount::{Mount, Ways};
use crate::trouble::Trouble;

/// The mounts of one configuration. Nothing is asked before somebody needs a secret.
pub struct Mounts {
    mounts: Vec<Mount>,
    sessions: Sessions,
    calls: Calls,
    fetched: Fetched,
}

impl Mounts {
    /// The mounts of these settings. `keys` is key storage without them: the secrets of their accounts lie there.
    pub fn new(settings: &Settings, keys: KeyStorage, environment: Environment) -> Self {
        Self {
            mounts: settings.key_mounts.iter().map(|mount| Mount::new(settings, mount)).collect(),
            sessions: Sessions::new(settings.endpoints.clone(), keys, environment),
            calls: Calls::new(),
            fetched: Fetched::default(),
        }
    }

    fn ways(&self) -> Ways<'_> {
        Ways { sessions: &self.sessions, calls: &self.calls }
    }

    /// The mount of a path or folder.
    fn mount(&self, path: &str) -> &Mount {
        let mut mounts = self.mounts.iter();
        let mount = mounts.find(|mount| mount.of.path.as_str() == path || mount.of.rest(path).is_some());
        mount.expect("key storage asks for what lies below a mount")
    }

    async fn read(&self, path: &KeyPath) -> Result<SecretSlice<u8>, KeyError> {
        if let Some(kept) = self.fetched.get(path) {
            return Ok(kept);
        }
        let mount = self.mount(path.as_str());
        let asked = mount.store.read(&mount.name(path.as_str()));
        let read = async {
            let answer = mount.ask(&self.ways(), &asked).await?;
            let secret = mount.store.value(&answer).map_err(|why| mount.unreadable(&asked, why.0))?;
            if secret.expose_secret().len() > LONGEST { Err(Trouble::TooLong) } else { Ok(secret) }
        };
        let secret = read.await.map_err(|trouble: Trouble| trouble.of(mount, path.as_str()))?;
        self.fetched.keep(path, &secret);
        Ok(secret)
    }

    async fn described(&self, path: &KeyPath) -> Result<KeyEntry, KeyError> {
        let mount = self.mount(path.as_str());
        let name = mount.name(path.as_str());
        let listed = mount.list(&self.ways(), &name, |secret| secret.name == name).await;
        let listed = listed.map_err(|trouble| trouble.of(mount, path.as_str()))?;
        let exact = listed.iter().find(|secret| secret.name == name);
        exact.and_then(|secret| mount.entry(secret)).ok_or_else(|| mount.absent(path.as_str()))
    }

    async fn listed(&self, folder: &str) -> Result<Vec<KeyEntry>, KeyError> {
        let mount = self.mount(folder);
        let prefix = match mount.of.rest(folder) {
            Some(_) => format!("{}/", mount.name(folder)),
            None => mount.of.prefix.clone(),
        };
        let listed = mount.list(&self.ways(), &prefix, |_| false).await;
        let listed = listed.map_err(|trouble| trouble.of(mount, folder))?;
        let mut entries: Vec<KeyEntry> = listed.iter().filter_map(|secret| mount.entry(secret)).collect();
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(entries)
    }
}

impl Elsewhere for Mounts {
    fn mounts(&self) -> Vec<&str> {
        self.mounts.iter().map(|mount| mount.of.path.as_str()).collect()
    }

    fn get<'a>(&'a self, path: &'a KeyPath) -> Reading<'a, SecretSlice<u8>> {
        Box::pin(self.read(path))
    }

    fn entry<'a>(&'a self, path: &'a KeyPath) -> Reading<'a, KeyEntry> {
        Box::pin(self.described(path))
    }

    fn list<'a>(&'a self, folder: &'a str) -> Reading<'a, Vec<KeyEntry>> {
        Box::pin(self.listed(folder))
    }
}

#[cfg(test)]
mod tests;
