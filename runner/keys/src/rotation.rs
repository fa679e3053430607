//! Another master key takes the place of the one that is used, while others read and write secrets.
//!
//! The new key is durable in the file before the database knows it; from then on it wraps what is written, and the file
//! holds both. What the old key wraps is sealed anew, a few records at a time, each only if it is still as it was read.
//! The database gives the old key up only when nothing is wrapped by it, and only then it leaves the file. Each of these
//! can be the last that happens: what is there opens, and the same call goes on from there.
//!
//! A key that KMS has made is opened by KMS before the database knows it: who may make keys and not open them loses
//! nothing.

use secrecy::ExposeSecret;
use windlass_store::{OfExecution, Sealed};

use crate::envelope::{open, seal};
use crate::master::MasterKey;
use crate::ring::Line;
use crate::storage::{identity, of_execution, typed};
use crate::{KeyError, KeyStorage, KmsKey};

/// So many records are sealed anew in one transaction: it keeps other writers waiting.
const AT_ONCE: i64 = 16;

/// What took the place of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The id of the key that wraps everything now.
    pub to: String,
    /// The ids of those before it; none when it is the first of all.
    pub from: Vec<String>,
    /// How many secrets this call has sealed anew.
    pub secrets: u64,
    /// How many typed values of executions this call has sealed anew.
    pub typed: u64,
}

impl KeyStorage {
    /// Whether this process has every master key that the database knows: who lacks one cannot open what others store.
    ///
    /// # Errors
    /// `key.master-...`, `store.unavailable`
    pub async fn check_master_keys(&self) -> Result<(), KeyError> {
        let known = self.store.master_keys().await?;
        self.check(&known).await
    }

    /// Puts the key that is to follow into the file, and nothing else; its id. The same for every call until it is used.
    /// With a key of KMS, the new one lies under that, and it may be the first of all; without, there is nothing to do
    /// when there is no master key yet.
    ///
    /// # Errors
    /// `key.master-in-use` before the key before it is dropped, `key.master-prepared` when another kind of key is in the
    /// file already, `key.master-...`, `store.unavailable`
    pub async fn prepare_master_key(&self, kms: Option<&KmsKey>) -> Result<Option<String>, KeyError> {
        let known = self.store.master_keys().await?;
        self.check(&known).await?;
        match known.as_slice() {
            [] if kms.is_none() => Ok(None),
            [] => Ok(Some(self.masters.first(kms).await?.id().to_owned())),
            [only] => Ok(Some(self.masters.next_after(only, kms).await?.id().to_owned())),
            [oldest, ..] => Err(KeyError::MasterInUse { id: oldest.clone() }),
        }
    }

    /// Puts everything under the next master key, or goes on with that; a key that was
    /// [prepared](Self::prepare_master_key) is taken. With a key of KMS, the next one lies under that, and it may be the
    /// first of all; without, there is nothing to do when there is no master key yet.
    ///
    /// # Errors
    /// `key.damaged` for a record that does not open, after all others; `key.master-prepared` when another kind of key is
    /// in the file already, `key.master-in-use` when one is taking its place; `key.master-...`, `store.unavailable`
    pub async fn rotate_master_key(&self, kms: Option<&KmsKey>) -> Result<Option<Rotated>, KeyError> {
        loop {
            let mut known = self.store.master_keys().await?;
            self.check(&known).await?;
            let Some(newest) = known.pop() else {
                if kms.is_none() {
                    return Ok(None);
                }
                let (ours, to) = self.first_master_key(kms).await?;
                if ours == to {
                    return Ok(Some(Rotated { to, from: Vec::new(), secrets: 0, typed: 0 }));
                }
                continue;
            };
            if known.is_empty() {
                let next = self.masters.next_after(&newest, kms).await?;
                self.masters.get(next.id()).await?;
                // Another process may have been faster; the next round goes on with what it did.
                self.store.add_master_key(&newest, next.id()).await?;
                continue;
            }
            if kms.is_some() && self.masters.file.load_with(&newest)?.get(&newest).and_then(Line::kms) != kms {
                return Err(KeyError::MasterInUse { id: known.join(", ") });
            }
            let to = self.masters.get(&newest).await?;
            let mut rotated = Rotated { to: newest, from: known, secrets: 0, typed: 0 };
            for old in rotated.from.clone() {
                self.seal_anew(&*self.masters.get(&old).await?, &to, &mut rotated).await?;
            }
            return Ok(Some(rotated));
        }
    }

    /// Gives up the master keys before the newest, in the database and in the file. The ids that the database knew.
    ///
    /// # Errors
    /// `key.master-in-use` while one of them wraps something, `key.master-...`, `store.unavailable`
    pub async fn drop_old_master_keys(&self) -> Result<Vec<String>, KeyError> {
        let mut known = self.store.master_keys().await?;
        let Some(newest) = known.pop() else { return Ok(Vec::new()) };
        self.masters.file.load_with(&newest)?;
        self.masters.get(&newest).await?;
        if !self.store.drop_master_keys_before(&newest).await? {
            return Err(KeyError::MasterInUse { id: known.join(", ") });
        }
        self.masters.file.drop_before(&newest)?;
        Ok(known)
    }

    async fn check(&self, known: &[String]) -> Result<(), KeyError> {
        // The newest first: its id is the one to look for.
        for id in known.iter().rev() {
            self.masters.file.load_with(id)?;
            self.masters.get(id).await?;
        }
        Ok(())
    }

    /// Until nothing is under the old key: others that had read it may still write with it for a moment.
    async fn seal_anew(&self, from: &MasterKey, to: &MasterKey, rotated: &mut Rotated) -> Result<(), KeyError> {
        loop {
            let (secrets, typed) = (self.secrets_anew(from, to).await?, self.typed_anew(from, to).await?);
            rotated.secrets += secrets.sealed;
            rotated.typed += typed.sealed;
            if secrets.opened + typed.opened == 0 {
                let damaged = secrets.damaged.or(typed.damaged);
                return damaged.map_or(Ok(()), |path| Err(KeyError::Damaged { path }));
            }
        }
    }

    async fn secrets_anew(&self, from: &MasterKey, to: &MasterKey) -> Result<Pass, KeyError> {
        let (mut pass, mut after) = (Pass::default(), String::new());
        loop {
            let rows = self.store.secrets_under(from.id(), &after, AT_ONCE).await?;
            let Some(last) = rows.last() else { return Ok(pass) };
            after.clone_from(&last.path);
            let mut anew = Vec::new();
            for row in rows {
                let of = identity(&row);
                let Some(secret) = open(from, &of, &row.sealed) else {
                    pass.failed(row.path);
                    continue;
                };
                let sealed: Sealed = seal(to, &of, secret.expose_secret());
                anew.push((row, sealed));
            }
            pass.opened += anew.len();
            pass.sealed += self.store.rewrap_secrets(anew).await?;
        }
    }

    async fn typed_anew(&self, from: &MasterKey, to: &MasterKey) -> Result<Pass, KeyError> {
        let (mut pass, mut after) = (Pass::default(), None::<OfExecution>);
        loop {
            let rows = self.store.execution_secrets_under(from.id(), after.as_ref(), AT_ONCE).await?;
            let Some(last) = rows.last() else { return Ok(pass) };
            after = Some(last.clone());
            let mut anew = Vec::new();
            for row in rows {
                let path = of_execution(row.execution, &row.secret.name);
                let of = typed(&path);
                let Some(secret) = open(from, &of, &row.secret.sealed) else {
                    pass.failed(path);
                    continue;
                };
                let sealed = seal(to, &of, secret.expose_secret());
                anew.push((row, sealed));
            }
            pass.opened += anew.len();
            pass.sealed += self.store.rewrap_execution_secrets(anew).await?;
        }
    }
}

/// What came of all that was under a key.
#[derive(Default)]
struct Pass {
    opened: usize,
    sealed: u64,
    /// The first that does not open.
    damaged: Option<String>,
}

impl Pass {
    fn failed(&mut self, path: String) {
        self.damaged.get_or_insert(path);
    }
}

#[cfg(test)]
mod tests;
