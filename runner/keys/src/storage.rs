use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use uuid::Uuid;
use windlass_errors::nearest;
use windlass_settings::KeyPath;
use windlass_store::{ExecutionSecret, SecretEntry, SecretRow, Store};

use crate::KeyError;
use crate::envelope::{Sealed, open, seal};
use crate::master::MasterKey;
use crate::master_file::MasterFile;

/// The most bytes that a secret may have (what AWS Secrets Manager allows too: its quotas page, "Secret value").
pub const LONGEST: usize = 65_536;
/// The name under which the database knows the id of its master key.
const MASTER_KEY_ID: &str = "master_key_id";

/// That a secret exists; nothing of its value. Times are milliseconds since 1970 UTC.
pub type KeyEntry = SecretEntry;

/// What such a secret is called; no path of key storage looks like it.
fn of_execution(execution: Uuid, option: &str) -> String {
    format!("execution/{execution}/{option}")
}

/// The encrypted tree of secrets. Clones share it. The master key is read when it is first needed.
#[derive(Clone)]
pub struct KeyStorage {
    store: Store,
    place: Arc<MasterFile>,
    master: Arc<Mutex<Option<Arc<MasterKey>>>>,
}

impl KeyStorage {
    /// Key storage in `store`, whose files lie in `data_dir`. Touches neither database nor master key yet.
    pub fn new(store: Store, master_key_file: PathBuf, data_dir: &Path) -> Self {
        let place = MasterFile { file: master_key_file, data_dir: data_dir.to_owned() };
        Self { store, place: Arc::new(place), master: Arc::default() }
    }

    /// The secret at a path.
    ///
    /// # Errors
    /// `key.not-found`, `key.damaged`, `key.master-...`, `store.unavailable`
    pub async fn get(&self, path: &KeyPath) -> Result<SecretSlice<u8>, KeyError> {
        let Some(row) = self.store.secret(path.as_str()).await? else { return Err(self.not_found(path).await?) };
        let master = self.master(&row.master_key)?;
        open(&master, &row).ok_or(KeyError::Damaged { path: row.path })
    }

    /// Keeps a secret and returns its version: 1 for the first at its path. The first secret of all makes the master
    /// key if its file is not there.
    ///
    /// # Errors
    /// `key.exists` unless `overwrite`, `key.unreadable-input` for no byte (the sign of a command before the pipe that
    /// failed) and for more than [`LONGEST`], `key.master-...`, `store.unavailable`
    pub async fn set(&self, path: &KeyPath, secret: SecretSlice<u8>, overwrite: bool) -> Result<i64, KeyError> {
        let secret = secret.expose_secret();
        if secret.len() > LONGEST {
            return Err(KeyError::TooLong { path: path.to_string() });
        }
        if secret.is_empty() {
            return Err(KeyError::Empty { path: path.to_string() });
        }
        let master = self.master_for_writing().await?;
        loop {
            let present = self.store.secret(path.as_str()).await?;
            if present.is_some() && !overwrite {
                return Err(KeyError::Exists { path: path.to_string() });
            }
            let row = next_row(&master, path, present.as_ref(), secret);
            let version = row.version;
            // Another process may have been faster; the version is sealed in, so it takes a new seal.
            if self.store.put_secret(row, present.map(|row| row.version)).await? {
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
        let Sealed { wrapped_key, ciphertext } =
            seal(&master, &of_execution(execution, option), 0, secret.expose_secret().as_bytes());
        Ok(ExecutionSecret { name: option.to_owned(), master_key: master.id().to_owned(), wrapped_key, ciphertext })
    }

    /// What was typed for an option of an execution.
    ///
    /// # Errors
    /// `key.damaged`, `key.master-...`
    pub fn open_for(&self, execution: Uuid, secret: &ExecutionSecret) -> Result<SecretString, KeyError> {
        let path = of_execution(execution, &secret.name);
        let row = SecretRow {
            path: path.clone(),
            version: 0,
            master_key: secret.master_key.clone(),
            wrapped_key: secret.wrapped_key.clone(),
            ciphertext: secret.ciphertext.clone(),
            created_at: 0,
            updated_at: 0,
        };
        let opened = open(&*self.master(&row.master_key)?, &row);
        let text = opened.and_then(|bytes| String::from_utf8(bytes.expose_secret().to_vec()).ok());
        text.map(SecretString::from).ok_or(KeyError::Damaged { path })
    }

    /// The secrets in a folder such as `keys/project/web` and in the folders below it, or all of them, by path.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn list(&self, folder: Option<&str>) -> Result<Vec<KeyEntry>, KeyError> {
        Ok(self.store.secrets(folder.map(|folder| folder.trim_end_matches('/'))).await?)
    }

    /// Removes a secret.
    ///
    /// # Errors
    /// `key.not-found`, `store.unavailable`
    pub async fn delete(&self, path: &KeyPath) -> Result<(), KeyError> {
        if self.store.delete_secret(path.as_str()).await? { Ok(()) } else { Err(self.not_found(path).await?) }
    }

    async fn not_found(&self, path: &KeyPath) -> Result<KeyError, KeyError> {
        let (folder, name) = path.as_str().rsplit_once('/').expect("a key path has at least two segments");
        let others = self.store.secrets(Some(folder)).await?;
        // What all have in common would make strangers look alike.
        let names = others.iter().map(|entry| &entry.path[folder.len() + 1..]);
        let nearest = nearest(name, names).map(|name| format!("{folder}/{name}"));
        Ok(KeyError::NotFound { path: path.to_string(), nearest })
    }

    /// The master key that the database knows, or the first one.
    async fn master_for_writing(&self) -> Result<Arc<MasterKey>, KeyError> {
        let id = match self.store.meta(MASTER_KEY_ID).await? {
            Some(id) => id,
            None => {
                let first = self.place.load_or_create()?;
                self.store.set_meta_if_absent(MASTER_KEY_ID, first.id()).await?
            }
        };
        self.master(&id)
    }

    /// The master key with this id.
    fn master(&self, id: &str) -> Result<Arc<MasterKey>, KeyError> {
        let mut known = self.master.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(master) = known.as_ref().filter(|master| master.id() == id) {
            return Ok(master.clone());
        }
        let file = || self.place.file.clone();
        let loaded = self.place.load()?.ok_or_else(|| KeyError::MasterMissing { file: file(), id: id.to_owned() })?;
        if loaded.id() != id {
            let (expected, found) = (id.to_owned(), loaded.id().to_owned());
            return Err(KeyError::MasterMismatch { file: file(), expected, found });
        }
        Ok(known.insert(Arc::new(loaded)).clone())
    }
}

fn next_row(master: &MasterKey, path: &KeyPath, present: Option<&SecretRow>, secret: &[u8]) -> SecretRow {
    let version = present.map_or(1, |row| row.version + 1);
    let Sealed { wrapped_key, ciphertext } = seal(master, path.as_str(), version, secret);
    let now = now();
    SecretRow {
        path: path.to_string(),
        version,
        master_key: master.id().to_owned(),
        wrapped_key,
        ciphertext,
        created_at: present.map_or(now, |row| row.created_at),
        updated_at: now,
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
