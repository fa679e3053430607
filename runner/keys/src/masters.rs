use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::KeyError;
use crate::kms::{DataKey, Kms, KmsKey};
use crate::master::MasterKey;
use crate::master_file::MasterFile;
use crate::ring::Line;
use crate::wrapped::WrappedKey;

/// The master keys as this process knows them: their file is read when one is needed that is not known yet, and KMS asked
/// when that one lies under a key of KMS.
pub(crate) struct Masters {
    pub(crate) file: MasterFile,
    kms: Option<Arc<dyn Kms>>,
    known: Mutex<Vec<Arc<MasterKey>>>,
    /// Held while a key is opened, so that KMS is asked once however many wait for it.
    opening: tokio::sync::Mutex<()>,
}

impl Masters {
    pub(crate) fn of(file: MasterFile, kms: Option<Arc<dyn Kms>>) -> Self {
        Self { file, kms, known: Mutex::default(), opening: tokio::sync::Mutex::default() }
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Arc<MasterKey>, KeyError> {
        if let Some(key) = self.find(id) {
            return Ok(key);
        }
        let _alone = self.opening.lock().await;
        if let Some(key) = self.find(id) {
            return Ok(key);
        }
        let ring = self.file.load_with(id)?;
        let key = match ring.get(id).expect("it was loaded with this key") {
            Line::Plain(key) => key.clone(),
            Line::Wrapped(wrapped) => Arc::new(self.open(wrapped).await?),
        };
        let mut known = self.known();
        known.retain(|old| ring.get(old.id()).is_some());
        known.push(key.clone());
        Ok(key)
    }

    /// The last key of the file; the first one is made when there is no file.
    pub(crate) async fn first(&self, kms: Option<&KmsKey>) -> Result<Line, KeyError> {
        let line = match self.file.load()? {
            Some(ring) => ring.last().clone(),
            None => self.new_line(kms).await?,
        };
        let last = self.file.load_or_create(&line)?.last().clone();
        self.as_asked(last, kms)
    }

    /// The key that is to follow `newest`; see [`MasterFile::next_after`].
    pub(crate) async fn next_after(&self, newest: &str, kms: Option<&KmsKey>) -> Result<Line, KeyError> {
        // The file is not kept locked while KMS is asked. Should another process be faster, its key is taken.
        let last = self.file.load_with(newest)?.last().clone();
        let line = if last.id() == newest { self.new_line(kms).await? } else { last };
        let next = self.file.next_after(newest, &line)?;
        self.as_asked(next, kms)
    }

    /// A key that is there already is taken, unless it was to lie under a key of KMS and does not.
    fn as_asked(&self, line: Line, kms: Option<&KmsKey>) -> Result<Line, KeyError> {
        match kms {
            Some(kms) if line.kms() != Some(kms) => Err(KeyError::MasterPrepared {
                file: self.file.file.clone(),
                id: line.id().to_owned(),
                kms: kms.to_string(),
            }),
            _ => Ok(line),
        }
    }

    async fn new_line(&self, kms: Option<&KmsKey>) -> Result<Line, KeyError> {
        let Some(kms) = kms else { return Ok(Line::random()) };
        let service = self.kms.as_ref().ok_or_else(|| self.no_account(kms))?;
        let DataKey { plaintext, ciphertext } = service.generate(kms).await?;
        let id = MasterKey::of(plaintext).id().to_owned();
        Ok(Line::Wrapped(Arc::new(WrappedKey { kms: kms.clone(), id, ciphertext })))
    }

    async fn open(&self, wrapped: &WrappedKey) -> Result<MasterKey, KeyError> {
        let service = self.kms.as_ref().ok_or_else(|| self.no_account(&wrapped.kms))?;
        let key = MasterKey::of(service.decrypt(&wrapped.kms, &wrapped.ciphertext).await?);
        if key.id() == wrapped.id {
            return Ok(key);
        }
        Err(KeyError::MasterForeign {
            file: self.file.file.clone(),
            id: wrapped.id.clone(),
            found: key.id().to_owned(),
            kms: wrapped.kms.to_string(),
        })
    }

    fn no_account(&self, kms: &KmsKey) -> KeyError {
        KeyError::MasterWithoutAccount { file: self.file.file.clone(), kms: kms.to_string() }
    }

    fn find(&self, id: &str) -> Option<Arc<MasterKey>> {
        self.known().iter().find(|key| key.id() == id).cloned()
    }

    fn known(&self) -> MutexGuard<'_, Vec<Arc<MasterKey>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
