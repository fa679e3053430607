use std::sync::{Arc, Mutex, PoisonError};

use crate::KeyError;
use crate::master::MasterKey;
use crate::master_file::MasterFile;
use crate::ring::Ring;

/// The master keys as this process knows them: their file is read when one is needed that is not known yet.
pub(crate) struct Masters {
    pub(crate) file: MasterFile,
    known: Mutex<Option<Ring>>,
}

impl Masters {
    pub(crate) fn of(file: MasterFile) -> Self {
        Self { file, known: Mutex::default() }
    }

    pub(crate) fn get(&self, id: &str) -> Result<Arc<MasterKey>, KeyError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.as_ref().and_then(|ring| ring.get(id)) {
            return Ok(key.clone());
        }
        let ring = self.file.load_with(id)?;
        let key = ring.get(id).expect("it was loaded with this key").clone();
        *known = Some(ring);
        Ok(key)
    }
}
