use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use uuid::Uuid;
use windlass_errors::nearest;
use windlass_settings::KeyPath;
use windlass_store::{ExecutionSecret, SecretKind, SecretRow, Store};

use crate::envelope::{Identity, open, seal};
use crate::master::MasterKey;
use crate::master_file::MasterFile;
use crate::masters::Masters;
use crate::{Elsewhere, KeyEntry, KeyError, Kms, KmsKey, kinds};

/// The most bytes that a secret may have (what AWS Secrets Manager allows too: its quotas page, "Secret value").
pub const LONGEST: usize = 65_536;

/// The encrypted tree of secrets. Clones share it. The master keys are read when one is first needed.
#[derive(Clone)]
pub struct KeyStorage {
    pub(crate) store: Store,
    pub(crate) masters: Arc<Masters>,
    elsewhere: Option<Arc<dyn Elsewhere>>,
}

impl KeyStorage {
    /// Key storage in `store`, whose files lie in `data_dir`. Touches neither database nor master key yet.
    pub fn new(store: Store, master_key_file: PathBuf, data_dir: &Path) -> Self {
        let file = MasterFile { file: master_key_file, data_dir: data_dir.to_owned() };
        Self { store, masters: Arc::new(Masters::of(file, None)), elsewhere: None }
    }

    /// The same, with some paths elsewhere.
    #[must_use]
    pub fn with(self, elsewhere: Arc<dyn Elsewhere>) -> Self {
        Self { elsewhere: Some(elsewhere), ..self }
    }

    /// The same, with what opens master keys that lie under a key of KMS.
    #[must_use]
    pub fn with_kms(self, kms: Arc<dyn Kms>) -> Self {
        let masters = Arc::new(Masters::of(self.masters.file.clone(), Some(kms)));
        Self { masters, ..self }
    }

    /// The secret at a path.
    ///
    /// # Errors
    /// `key.not-found`, `key.damaged`, `key.master-...`, `store.unavailable`; below a mount what [`Elsewhere::get`] says
    pub async fn get(&self, path: &KeyPath) -> Result<SecretSlice<u8>, KeyError> {
        if let Some((elsewhere, _)) = self.elsewhere(path.as_str()) {
            return elsewhere.get(path).await;
        }
        let row = self.row(path).await?;
        self.opened(path, row).await
    }

    /// The contents of a public key or certificate; nothing when the secret is of another kind.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn public_key(&self, path: &KeyPath) -> Result<Option<String>, KeyError> {
        if self.elsewhere(path.as_str()).is_some() {
            return Ok(None);
        }
        let row = self.row(path).await?;
        if row.kind != SecretKind::PublicKey {
            return Ok(None);
        }
        let key = self.opened(path, row).await?;
        let text =
            std::str::from_utf8(key.expose_secret()).map_err(|_| KeyError::NotText { path: path.to_string() })?;
        Ok(Some(text.to_owned()))
    }

    /// Keeps a secret and returns its version: 1 for the first at its path. The first secret of all makes the master
    /// key if its file is not there.
    ///
    /// # Errors
    /// `key.exists` unless `overwrite`, `key.not-of-kind` when it does not look like what it is said to be,
    /// `key.unreadable-input` for no byte (the sign of a command before the pipe that failed) and for more than
    /// [`LONGEST`], `key.mounted`, `key.master-...`, `store.unavailable`
    pub async fn set(
        &self,
        path: &KeyPath,
        kind: SecretKind,
        secret: SecretSlice<u8>,
        overwrite: bool,
    ) -> Result<i64, KeyError> {
        self.check_writable(path)?;
        let secret = secret.expose_secret();
        if secret.len() > LONGEST {
            return Err(KeyError::TooLong { path: path.to_string() });
        }
        if secret.is_empty() {
            return Err(KeyError::Empty { path: path.to_string() });
        }
        kinds::check(kind, secret).map_err(|found| KeyError::NotOfKind { path: path.to_string(), kind, found })?;
        loop {
            let master = self.master_for_writing().await?;
            let present = self.store.secret_entry(path.as_str()).await?;
            if present.is_some() && !overwrite {
                return Err(KeyError::Exists { path: path.to_string() });
            }
            let version = present.as_ref().map_or(1, |entry| entry.version + 1);
            let (path, now) = (path.to_string(), now());
            let sealed = seal(&master, &Identity { path: &path, version, kind }, secret);
            let created_at = present.as_ref().map_or(now, |entry| entry.created_at);
            let row = SecretRow { path, version, kind, sealed, created_at, updated_at: now };
            // Another process may have been faster, or dropped the master key; the version is sealed in, so it takes a
            // new seal.
            if self.store.put_secret(row, present.map(|entry| entry.version)).await? {
                return Ok(version);
            }
        }
    }

    /// Encrypts what was typed for an option of an execution. It opens for that option of that execution only.
    ///
    /// # Errors
    /// `key.master-...`, `store.unavailable`
    pub async fn seal_for(
        &self,
        execution: Uuid,
        option: &str,
        secret: &SecretString,
    ) -> Result<ExecutionSecret, KeyError> {
        let master = self.master_for_writing().await?;
        let path = of_execution(execution, option);
        let sealed = seal(&master, &typed(&path), secret.expose_secret().as_bytes());
        Ok(ExecutionSecret { name: option.to_owned(), sealed })
    }

    /// What was typed for the options of an execution.
    ///
    /// # Errors
    /// `key.damaged`, `key.master-...`, `store.unavailable`
    pub async fn typed_for(&self, execution: Uuid) -> Result<BTreeMap<String, SecretString>, KeyError> {
        let mut rows = self.store.execution_secrets(execution).await?;
        loop {
            let error = match self.open_all(execution, &rows).await {
                Ok(typed) => return Ok(typed),
                Err(error) => error,
            };
            let now = self.store.execution_secrets(execution).await?;
            if now == rows {
                return Err(error);
            }
            rows = now; // meanwhile another master key took its place
        }
    }

    async fn open_all(
        &self,
        execution: Uuid,
        secrets: &[ExecutionSecret],
    ) -> Result<BTreeMap<String, SecretString>, KeyError> {
        let mut all = BTreeMap::new();
        for secret in secrets {
            all.insert(secret.name.clone(), self.open_for(execution, secret).await?);
        }
        Ok(all)
    }

    async fn open_for(&self, execution: Uuid, secret: &ExecutionSecret) -> Result<SecretString, KeyError> {
        let path = of_execution(execution, &secret.name);
        let master = self.masters.get(&secret.sealed.master_key).await?;
        let opened = open(&master, &typed(&path), &secret.sealed);
        let text = opened.as_ref().and_then(|bytes| std::str::from_utf8(bytes.expose_secret()).ok());
        text.map(SecretString::from).ok_or(KeyError::Damaged { path })
    }

    /// That there is a secret at a path; nothing of its value.
    ///
    /// # Errors
    /// `key.not-found`, `store.unavailable`; below a mount what [`Elsewhere::entry`] says
    pub async fn entry(&self, path: &KeyPath) -> Result<KeyEntry, KeyError> {
        if let Some((elsewhere, _)) = self.elsewhere(path.as_str()) {
            return elsewhere.entry(path).await;
        }
        match self.store.secret_entry(path.as_str()).await? {
            Some(entry) => Ok(entry.into()),
            None => Err(self.not_found(path).await?),
        }
    }

    /// The secrets in a folder such as `keys/project/web` and in the folders below it, by path. Those below a mount are
    /// listed when the folder is one or lies below one, and not otherwise; see [`mounts`](Self::mounts).
    ///
    /// # Errors
    /// `store.unavailable`; below a mount what [`Elsewhere::list`] says
    pub async fn list(&self, folder: &str) -> Result<Vec<KeyEntry>, KeyError> {
        let folder = folder.trim_end_matches('/');
        if let Some((elsewhere, _)) = self.elsewhere(&format!("{folder}/")) {
            return elsewhere.list(folder).await;
        }
        let entries = self.store.secrets(Some(folder)).await?;
        // What was stored below a mount before there was one cannot be had, and would look as if it could.
        let here = entries.into_iter().filter(|entry| self.elsewhere(&entry.path).is_none());
        Ok(here.map(Into::into).collect())
    }

    /// The mounts below a folder, by path.
    pub fn mounts(&self, folder: &str) -> Vec<String> {
        let above = format!("{}/", folder.trim_end_matches('/'));
        let all = self.elsewhere.iter().flat_map(|elsewhere| elsewhere.mounts());
        let mut below: Vec<String> = all.filter(|mount| mount.starts_with(&above)).map(str::to_owned).collect();
        below.sort();
        below
    }

    /// That a secret may be set or deleted at this path.
    ///
    /// # Errors
    /// `key.mounted`
    pub fn check_writable(&self, path: &KeyPath) -> Result<(), KeyError> {
        match self.elsewhere(path.as_str()) {
            Some((_, mount)) => Err(KeyError::Mounted { path: path.to_string(), mount: mount.to_owned() }),
            None => Ok(()),
        }
    }

    /// Who reads what lies at this path, if it lies below a mount.
    fn elsewhere(&self, path: &str) -> Option<(&dyn Elsewhere, &str)> {
        let elsewhere = self.elsewhere.as_deref()?;
        let below = |mount: &&str| path.strip_prefix(mount).is_some_and(|rest| rest.starts_with('/'));
        Some((elsewhere, elsewhere.mounts().into_iter().find(below)?))
    }

    /// Removes a secret.
    ///
    /// # Errors
    /// `key.not-found`, `key.mounted`, `store.unavailable`
    pub async fn delete(&self, path: &KeyPath) -> Result<(), KeyError> {
        self.check_writable(path)?;
        if self.store.delete_secret(path.as_str()).await? { Ok(()) } else { Err(self.not_found(path).await?) }
    }

    async fn row(&self, path: &KeyPath) -> Result<SecretRow, KeyError> {
        match self.store.secret(path.as_str()).await? {
            Some(row) => Ok(row),
            None => Err(self.not_found(path).await?),
        }
    }

    async fn opened(&self, path: &KeyPath, mut row: SecretRow) -> Result<SecretSlice<u8>, KeyError> {
        let master = loop {
            let error = match self.masters.get(&row.sealed.master_key).await {
                Ok(master) => break master,
                Err(error) => error,
            };
            let now = self.row(path).await?;
            if now.sealed.master_key == row.sealed.master_key {
                return Err(error);
            }
            row = now; // meanwhile another master key took its place
        };
        open(&master, &identity(&row), &row.sealed).ok_or(KeyError::Damaged { path: row.path })
    }

    async fn not_found(&self, path: &KeyPath) -> Result<KeyError, KeyError> {
        let (folder, name) = path.as_str().rsplit_once('/').expect("a key path has at least two segments");
        let others = self.store.secrets(Some(folder)).await?;
        // What all have in common would make strangers look alike.
        let names = others.iter().map(|entry| &entry.path[folder.len() + 1..]);
        let nearest = nearest(name, names).map(|name| format!("{folder}/{name}"));
        Ok(KeyError::NotFound { path: path.to_string(), nearest })
    }

    /// The newest master key that the database knows, or the first one.
    async fn master_for_writing(&self) -> Result<Arc<MasterKey>, KeyError> {
        let newest = match self.store.master_keys().await?.pop() {
            Some(newest) => newest,
            None => self.first_master_key(None).await?.1,
        };
        self.masters.get(&newest).await
    }

    /// The first master key of this file, which has been opened, and that of the database, which may be another's.
    pub(crate) async fn first_master_key(&self, kms: Option<&KmsKey>) -> Result<(String, String), KeyError> {
        let ours = self.masters.first(kms).await?.id().to_owned();
        self.masters.get(&ours).await?;
        let first = self.store.set_first_master_key(&ours).await?;
        Ok((ours, first))
    }
}

pub(crate) fn identity(row: &SecretRow) -> Identity<'_> {
    Identity { path: &row.path, version: row.version, kind: row.kind }
}

/// What such a secret is called; no path of key storage looks like it.
pub(crate) fn of_execution(execution: Uuid, option: &str) -> String {
    format!("execution/{execution}/{option}")
}

pub(crate) fn typed(path: &str) -> Identity<'_> {
    Identity { path, version: 0, kind: SecretKind::Password }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
